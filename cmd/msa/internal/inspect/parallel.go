package inspect

// parallelInOrder gives each of what next delivers to work, width of them at the same
// time, and what work made of it to done, in next's order. It returns when next
// has ended and all is done.
func parallelInOrder[In, Out any](width int, next func() (In, bool), work func(In) Out, done func(Out)) {
	results := make(chan chan Out, width-1)
	go func() {
		defer close(results)
		for {
			in, ok := next()
			if !ok {
				return
			}
			result := make(chan Out, 1)
			results <- result
			go func() { result <- work(in) }()
		}
	}()
	for result := range results {
		done(<-result)
	}
}

package pipeline

import (
	"sync"
	"sync/atomic"
)

// pool is a bounded number of goroutines that help with batches of work. Nothing
// is started per batch or per record.
type pool struct {
	offers chan *batch
	done   sync.WaitGroup
}

// batch is work on n items, done in any order by whoever takes them.
type batch struct {
	n    int64
	work func(i int)
	next atomic.Int64
	busy sync.WaitGroup // helpers at it
}

// newPool starts helpers; the caller of run works too.
func newPool(helpers int) *pool {
	p := &pool{offers: make(chan *batch)}
	for range helpers {
		p.done.Add(1)
		go func() {
			defer p.done.Done()
			for b := range p.offers {
				b.help()
				b.busy.Done()
			}
		}()
	}
	return p
}

// run calls work for 0 to n-1, with the help of those who are free, and returns
// when all is done.
func (p *pool) run(n, helpers int, work func(i int)) {
	b := &batch{n: int64(n), work: work}
	for range min(helpers, n-1) {
		b.busy.Add(1)
		select {
		case p.offers <- b:
			continue
		default:
			b.busy.Done()
		}
		break // nobody is free
	}
	b.help()
	b.busy.Wait()
}

func (b *batch) help() {
	for i := b.next.Add(1) - 1; i < b.n; i = b.next.Add(1) - 1 {
		b.work(int(i))
	}
}

func (p *pool) close() {
	close(p.offers)
	p.done.Wait()
}

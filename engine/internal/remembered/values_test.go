package remembered

import (
	"strconv"
	"sync"
	"testing"
	"unsafe"
)

func TestValues(t *testing.T) {
	v := New(1 << 10)
	if _, ok := v.Get(1, ""); ok {
		t.Error("an empty value is known before it was put")
	}
	v.Put(1, "", 7)
	v.Put(2, "a", 8)
	v.Put(3, "a", 9)
	for _, c := range []struct {
		of    uint32
		value string
		known uint64
		ok    bool
	}{{1, "", 7, true}, {2, "", 0, false}, {2, "a", 8, true}, {3, "a", 9, true}, {1, "a", 0, false}, {2, "b", 0, false}} {
		if known, ok := v.Get(c.of, c.value); known != c.known || ok != c.ok {
			t.Errorf("of %d, %q: %d, %v", c.of, c.value, known, ok)
		}
	}
	v.Put(2, "a", 10)
	if known, _ := v.Get(2, "a"); known != 10 {
		t.Error("what was put last is not known")
	}
}

// Of more values than there is room for, those are forgotten that were not asked for for longest.
func TestValuesForget(t *testing.T) {
	v := New(4)
	for i, value := range []string{"a", "b", "c", "d"} {
		v.Put(1, value, uint64(i))
	}
	for range 3 {
		v.Get(1, "a")
	}
	v.Put(1, "e", 4)
	for value, want := range map[string]bool{"a": true, "b": false, "c": true, "d": true, "e": true} {
		if _, ok := v.Get(1, value); ok != want {
			t.Errorf("%q: known %v", value, ok)
		}
	}
}

// What is asked for all the time is not forgotten, however many others come.
func TestValuesKeepWhatIsUsed(t *testing.T) {
	const size = 1 << 10
	v := New(size)
	v.Put(1, "used", 7)
	for i := range 100 * size {
		v.Put(1, strconv.Itoa(i), uint64(i))
		if known, ok := v.Get(1, strconv.Itoa(i)); !ok || known != uint64(i) {
			t.Fatalf("%d is forgotten at once", i)
		}
		if known, ok := v.Get(1, "used"); !ok || known != 7 {
			t.Fatalf("forgotten at %d", i)
		}
	}
	n := 0
	for i := range 100 * size {
		if _, ok := v.Get(1, strconv.Itoa(i)); ok {
			n++
		}
	}
	if n > size || n < size/2 {
		t.Errorf("%d values are remembered", n)
	}
}

func TestValuesTakeNoMemory(t *testing.T) {
	v := New(1 << 10)
	n := 0
	if got := testing.AllocsPerRun(1000, func() {
		n++
		v.Put(1, "some value", uint64(n))
		v.Get(1, "some value")
	}); got != 0 {
		t.Errorf("%v objects", got)
	}
	if size := unsafe.Sizeof(set{}); size != 64 {
		t.Errorf("a set has %d bytes", size)
	}
}

func TestValuesByMany(t *testing.T) {
	v := New(64)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range 20_000 {
				n := i % 200
				if known, ok := v.Get(1, strconv.Itoa(n)); ok && known != uint64(n) {
					t.Errorf("of %d: %d", n, known)
					return
				}
				v.Put(1, strconv.Itoa(n), uint64(n))
			}
		})
	}
	all.Wait()
}

package pipeline

import (
	"strconv"

	"github.com/cespare/xxhash/v2"
	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Keys that records get with shards: by what follows the filter can give each source to one instance.
const (
	sourceKey = "msa_source"
	shardKey  = "msa_shard"
)

// shard is the event with its source, whom detectors would judge, and the number of the instance that is to see it.
func (p *Pipeline) shard(tag string, e event, tx *mapping.Transaction) []byte {
	source := tx.ClientWorkload.String()
	if source == "" {
		source = tx.Client.Address
	}
	n := jump(xxhash.Sum64String(source), p.cfg.Shards)
	out, err := e.with(
		keyValue{sourceKey, msgp.AppendString(nil, source)},
		keyValue{shardKey, msgp.AppendString(nil, strconv.Itoa(n))}, // rewrite_tag compares texts
	)
	if err != nil {
		p.countUninspected(malformed, tag, err)
		return nil
	}
	return out
}

// jump is the bucket of a key among n, by jump consistent hashing (Lamping and Veach, arXiv:1406.2294): with one bucket more,
// one key of n+1 moves, into the new one.
func jump(key uint64, n int) int {
	b, next := int64(-1), int64(0)
	for next < int64(n) {
		b = next
		key = key*2862933555777941757 + 1
		next = int64(float64(b+1) * (float64(int64(1)<<31) / float64(key>>33+1)))
	}
	return int(b)
}

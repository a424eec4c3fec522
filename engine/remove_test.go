package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/types"
)

// Whatever rules of a set are removed, the others run, and only these.
func TestRemove(t *testing.T) {
	const rules = 120
	text, ids := "SecRuleEngine On\n", []int{}
	random := rand.New(rand.NewPCG(3, 4))
	for _, n := range random.Perm(rules) { // ids in no order
		id := 100 + 3*n
		ids = append(ids, id)
		text += fmt.Sprintf("SecAction \"id:%d,phase:1,pass,log\"\n", id)
	}
	waf, err := coraza.NewWAF(coraza.NewWAFConfig().WithDirectives(text))
	if err != nil {
		t.Fatal(err)
	}
	f := &fastPath{ids: slices.Sorted(slices.Values(ids))}
	for _, share := range []float64{0, 0.02, 0.5, 0.9, 0.99, 1} {
		for range 20 {
			removed := []int{1, 101, 10_000} // which are of no rule
			var want []int
			for _, id := range ids {
				if random.Float64() < share {
					removed = append(removed, id)
				} else {
					want = append(want, id)
				}
			}
			tx := waf.NewTransaction().(transaction)
			f.remove(tx, removed)
			tx.ProcessRequestHeaders()
			got := matchedIDs(tx.MatchedRules())
			if err := tx.Close(); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("without %v, %v match, want %v", removed, got, want)
			}
		}
	}
}

func matchedIDs(all []types.MatchedRule) (ids []int) {
	for _, m := range all {
		ids = append(ids, m.Rule().ID())
	}
	return ids
}

package behavior

import "time"

// Hasten lets detectors learn for so long at most.
func Hasten(specs []Spec, learn time.Duration) []Spec {
	for i := range specs {
		s := &specs[i]
		if s.Type != "off_hours" {
			s.Learn, s.Settle = min(s.Learn, duration(learn)), min(s.Settle, duration(learn/6))
		}
	}
	return specs
}

// Package plain is what benchmarks compare MSA with.
package plain

import (
	coreruleset "github.com/corazawaf/coraza-coreruleset/v4"
	"github.com/corazawaf/coraza/v3"
)

// Coraza is the engine as one would use it without MSA, with the same rules and settings.
func Coraza() (coraza.WAF, error) {
	return coraza.NewWAF(coraza.NewWAFConfig().WithRootFS(coreruleset.FS).
		WithDirectives("Include @coraza.conf-recommended\nInclude @crs-setup.conf.example").
		WithDirectives(`SecRuleEngine DetectionOnly
SecAuditEngine Off
SecDefaultAction "phase:3,log,auditlog,pass"
SecDefaultAction "phase:4,log,auditlog,pass"
SecDefaultAction "phase:5,log,auditlog,pass"
SecAction "id:1,phase:3,pass,nolog,ctl:forceResponseBodyVariable=On"
Include @owasp_crs/*.conf`))
}

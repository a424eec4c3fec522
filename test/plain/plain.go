// Package plain is what benchmarks compare MSA with.
package plain

import (
	"fmt"

	coreruleset "github.com/corazawaf/coraza-coreruleset/v4"
	"github.com/corazawaf/coraza/v3"
)

// Coraza is the engine as one would use it without MSA, with the same rules and settings, at a paranoia level.
func Coraza(level string) (coraza.WAF, error) {
	return coraza.NewWAF(coraza.NewWAFConfig().WithRootFS(coreruleset.FS).
		WithDirectives("Include @coraza.conf-recommended\nInclude @crs-setup.conf.example").
		WithDirectives(fmt.Sprintf(`SecAction "id:900000,phase:1,pass,nolog,setvar:tx.blocking_paranoia_level=%s"`, level)).
		WithDirectives(`SecRuleEngine DetectionOnly
SecAuditEngine Off
SecDefaultAction "phase:3,log,auditlog,pass"
SecDefaultAction "phase:4,log,auditlog,pass"
SecDefaultAction "phase:5,log,auditlog,pass"
SecAction "id:1,phase:3,pass,nolog,ctl:forceResponseBodyVariable=On"
Include @owasp_crs/*.conf`))
}

package rules

import (
	"fmt"
	"strings"
)

// What becomes of a directive beside SecRule and SecAction.
const (
	keep    = iota // Coraza follows it
	settled        // MSA decides that itself: ignored without a word
	onDisk         // would write into the host's file system: ignored, said once
	lacking        // ModSecurity has it, Coraza does not: skipped with a warning
	lossy          // Coraza has it but it loses detections
)

// directives are those of ModSecurity 2.9 and 3.0 and of Coraza 3.8. Source: their
// reference manuals.
var directives = map[string]int{
	"secaction": keep, "secrule": keep, "secrulescript": keep, "secmarker": keep, "secdefaultaction": keep,
	"seccomponentsignature": keep, "secwebappid": keep, "secserversignature": keep, "secsensorid": keep,
	"secruleremovebyid": keep, "secruleremovebymsg": keep, "secruleremovebytag": keep,
	"secruleupdatetargetbyid": keep, "secruleupdatetargetbytag": keep, "secruleupdatetargetbymsg": keep,
	"secruleupdateactionbyid": keep,
	"secdataset":              keep, "secargumentslimit": keep,
	"secrequestbodyjsondepthlimit": keep, "secresponsebodyjsondepthlimit": keep,

	"secruleengine": settled, "secrequestbodyaccess": settled, "secresponsebodyaccess": settled,
	"secrequestbodylimit": settled, "secrequestbodynofileslimit": settled, "secrequestbodyinmemorylimit": settled,
	"secrequestbodylimitaction": settled, "secresponsebodylimit": settled, "secresponsebodylimitaction": settled,
	"secresponsebodymimetype": settled, "secresponsebodymimetypesclear": settled,
	"secignorerulecompilationerrors": settled,
	"secauditengine":                 settled, "secauditlogrelevantstatus": settled, "secauditlogparts": settled,
	"secauditlogformat": settled, "secauditlogtype": settled, "secauditlogdirmode": settled, "secauditlogfilemode": settled,
	"secdebugloglevel": settled, "secuploadfilemode": settled, "secuploadfilelimit": settled,
	"secpcrematchlimit": settled, "secpcrematchlimitrecursion": settled,

	"secauditlog": onDisk, "secauditlog2": onDisk, "secauditlogstoragedir": onDisk, "secdebuglog": onDisk,
	"secdatadir": onDisk, "sectmpdir": onDisk, "secuploaddir": onDisk, "secuploadkeepfiles": onDisk,
	"sectmpsaveuploadedfiles": onDisk, "secguardianlog": onDisk,

	"secrxprefilter": lossy,

	"secunicodemapfile": lacking, "secunicodecodepage": lacking, "secstatusengine": lacking,
	"secargumentseparator": lacking, "seccookieformat": lacking, "seccookiev0separator": lacking,
	"secgeolookupdb": lacking, "secgsblookupdb": lacking, "sechttpblkey": lacking,
	"seccachetransformations": lacking, "secchrootdir": lacking, "seccollectiontimeout": lacking,
	"secconnengine": lacking, "secconnreadstatelimit": lacking, "secconnwritestatelimit": lacking,
	"secreadstatelimit": lacking, "secwritestatelimit": lacking, "seccontentinjection": lacking,
	"secdisablebackendcompression": lacking, "sechashengine": lacking, "sechashkey": lacking,
	"sechashparam": lacking, "sechashmethodrx": lacking, "sechashmethodpm": lacking,
	"secinterceptonerror": lacking, "secremoterules": lacking, "secremoterulesfailaction": lacking,
	"secruleinheritance": lacking, "secruleperftime": lacking,
	"secstreaminbodyinspection": lacking, "secstreamoutbodyinspection": lacking, "secxmlexternalentity": lacking, "secparsexmlintoargs": lacking,
	"secrequestencoding": lacking, "secauditlogprefix": lacking, "secdeprecatedrules": lacking,
}

// directive takes a directive into the set, or says why not.
func (l *loader) directive(d *Directive) error {
	what, known := directives[d.Name]
	if !known {
		return fmt.Errorf("%s:%d: %q is not a directive of ModSecurity or Coraza", d.File, d.Line, shorten(d.written))
	}
	name := d.written
	switch what {
	case keep:
		l.read = append(l.read, d)
	case onDisk:
		l.warn(d, name+" is ignored: MSA writes no files")
	case lacking:
		l.warn(d, name+" is skipped: Coraza does not have it")
	case lossy:
		l.warn(d, name+" is ignored: the prefilter loses detections")
	case settled:
		if d.Name == "secruleengine" && strings.EqualFold(d.Args, "off") {
			l.warn(d, "SecRuleEngine Off is ignored: MSA always detects and never blocks")
		}
	}
	return nil
}

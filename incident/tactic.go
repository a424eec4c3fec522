package incident

import (
	"strings"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/triage"
)

// tactic is one of MITRE ATT&CK's, by its place in the order in which an attack goes.
type tactic int8

const (
	reconnaissance tactic = iota
	resourceDevelopment
	initialAccess
	execution
	persistence
	privilegeEscalation
	defenseEvasion
	credentialAccess
	discovery
	lateralMovement
	collection
	commandAndControl
	exfiltration
	impact
	tactics
)

// tacticNames are ids and names of the tactics of ATT&CK for enterprises.
var tacticNames = [tactics]struct{ id, name string }{
	{"TA0043", "reconnaissance"}, {"TA0042", "resource development"}, {"TA0001", "initial access"}, {"TA0002", "execution"}, {"TA0003", "persistence"},
	{"TA0004", "privilege escalation"}, {"TA0005", "defense evasion"}, {"TA0006", "credential access"}, {"TA0007", "discovery"},
	{"TA0008", "lateral movement"}, {"TA0009", "collection"}, {"TA0011", "command and control"}, {"TA0010", "exfiltration"}, {"TA0040", "impact"},
}

// techniqueTactics are the tactics that techniques serve; of those that serve several, the one that they have in an attack
// on servers. Sub-techniques are their techniques'.
var techniqueTactics = map[string]tactic{
	"T1595": reconnaissance, "T1592": reconnaissance, "T1589": reconnaissance, "T1590": reconnaissance,
	"T1190": initialAccess, "T1078": initialAccess, "T1133": initialAccess, "T1195": initialAccess, "T1199": initialAccess,
	"T1059": execution, "T1609": execution, "T1610": execution, "T1053": execution, "T1203": execution, "T1204": execution, "T1569": execution,
	"T1505": persistence, "T1098": persistence, "T1136": persistence, "T1525": persistence, "T1543": persistence, "T1554": persistence,
	"T1611": privilegeEscalation, "T1068": privilegeEscalation, "T1548": privilegeEscalation,
	"T1562": defenseEvasion, "T1612": defenseEvasion, "T1070": defenseEvasion, "T1578": defenseEvasion, "T1027": defenseEvasion,
	"T1110": credentialAccess, "T1552": credentialAccess, "T1528": credentialAccess, "T1555": credentialAccess, "T1557": credentialAccess,
	"T1649": credentialAccess, "T1539": credentialAccess, "T1606": credentialAccess, "T1003": credentialAccess, "T1212": credentialAccess,
	"T1046": discovery, "T1613": discovery, "T1069": discovery, "T1580": discovery, "T1087": discovery, "T1083": discovery, "T1018": discovery,
	"T1526": discovery, "T1082": discovery, "T1538": discovery,
	"T1210": lateralMovement, "T1021": lateralMovement, "T1072": lateralMovement, "T1570": lateralMovement, "T1550": lateralMovement,
	"T1213": collection, "T1005": collection, "T1074": collection, "T1530": collection, "T1119": collection, "T1602": collection,
	"T1090": commandAndControl, "T1572": commandAndControl, "T1102": commandAndControl, "T1071": commandAndControl, "T1105": commandAndControl, "T1219": commandAndControl,
	"T1567": exfiltration, "T1048": exfiltration, "T1041": exfiltration, "T1537": exfiltration, "T1020": exfiltration,
	"T1485": impact, "T1489": impact, "T1496": impact, "T1498": impact, "T1499": impact, "T1486": impact, "T1565": impact,
}

// effects are the tactics that attacks serve which worked, by their kind.
var effects = map[string]tactic{
	"rce": execution, "injection-php": execution, "injection-java": execution, "injection-generic": execution, "ssti": execution, "webshell": execution,
	"lfi": collection, "sqli": collection, "xxe": collection, "disclosure": collection,
}

// tacticsOf are the tactics that an alert shows, the first of them first. Whoever exploits a service from inside moves on in
// there; from outside, he comes in.
func tacticsOf(f *alert.Facts) (all []tactic) {
	add := func(t tactic) {
		for _, other := range all {
			if other == t {
				return
			}
		}
		all = append(all, t)
	}
	for _, technique := range f.Techniques {
		technique, _, _ = strings.Cut(technique, ".")
		t, ok := techniqueTactics[technique]
		switch {
		case !ok:
		case t == initialAccess && technique == "T1190", t == lateralMovement && technique == "T1210":
			add(exploits(f))
		default:
			add(t)
		}
	}
	if len(all) == 0 {
		switch f.Kind {
		case "reputation-scanner", "scanner":
			add(reconnaissance)
		case "disclosure":
			add(collection)
		case "dos":
			add(impact)
		default:
			add(exploits(f))
		}
	}
	if effect, ok := effects[f.Kind]; ok && f.Outcome == triage.Success {
		add(effect)
	}
	return all
}

func exploits(f *alert.Facts) tactic {
	if f.Direction == "east-west" {
		return lateralMovement
	}
	return initialAccess
}

package alert

import (
	"strconv"
	"strings"
)

// listed are the stages in one text.
func (i *Incident) listed(of func(Stage) string) string {
	names := make([]string, len(i.Stages))
	for n, s := range i.Stages {
		names[n] = of(s)
	}
	return strings.Join(names, ", ")
}

func (i *Incident) targetNames() string {
	names := make([]string, len(i.Targets))
	for n, t := range i.Targets {
		names[n] = t.Name
	}
	return strings.Join(names, ", ")
}

// techniques are those of MITRE ATT&CK in all stages.
func (i *Incident) techniques() []string {
	all := []string{}
	for _, s := range i.Stages {
		all = append(all, s.Techniques...)
	}
	return all
}

// client is the address of the attacker, if it is one that fields of such a type take.
func (i *Incident) client() string {
	kind, name, _ := strings.Cut(i.Key, " ")
	if kind != "client" {
		return ""
	}
	return ipOf(name)
}

// textObject is the record of a format that is one line of text, as of an alert.
func (i *Incident) textObject() object {
	return object{{"severity", strconv.Itoa(i.Severity)}, {"kind", incidentKind}, {"incident_id", i.ID}, {"event", i.Event}, {"src_ip", i.client()}}
}

// ecs is the incident in Elastic Common Schema.
func (i *Incident) ecs() object {
	o := object{{"@timestamp", rfc3339(i.Time)}, {"ecs", object{{"version", ecsVersion}}}, {"message", i.Text}}
	o.set("event", object{
		{"kind", "alert"}, {"category", []string{"intrusion_detection"}}, {"type", []string{"info"}}, {"severity", i.Severity}, {"module", "msa"},
		{"dataset", "msa.incident"}, {"risk_score", i.Confidence}, {"outcome", i.Outcome}, {"id", i.ID}, {"action", i.Event},
		{"start", rfc3339(i.First)}, {"end", rfc3339(i.Last)}, {"reason", i.Title},
	})
	var ids, names []string
	for _, s := range i.Stages {
		ids, names = append(ids, s.ID), append(names, s.Tactic)
	}
	threat := object{{"framework", "MITRE ATT&CK"}}
	threat.add("tactic", object{{"id", ids}, {"name", names}})
	threat.add("technique", with("id", i.techniques()))
	o.set("threat", threat)
	if ip := i.client(); ip != "" {
		o.set("source", object{{"address", ip}, {"ip", ip}})
		o.set("related", object{{"ip", []string{ip}}})
	}
	o.add("network", with("direction", ecsDirections[i.Direction]))
	o.set("msa", append(object{{"kind", incidentKind}, {"incident_id", i.ID}, {"event", i.Event}, {"message", i.Message}, {"news", i.News}}, i.own()...))
	return o
}

// ocsf is the incident as an Incident Finding.
func (i *Incident) ocsf() object {
	activity := map[string]struct {
		id      int
		caption string
	}{"begin": {1, "Create"}, "update": {2, "Update"}, "end": {3, "Close"}}[i.Event]
	status := object{{"status_id", 1}, {"status", "New"}}
	switch i.Event {
	case "update":
		status = object{{"status_id", 2}, {"status", "In Progress"}}
	case "end":
		status = object{{"status_id", 5}, {"status", "Closed"}}
	}
	severity := ocsfSeverities[min(max(i.Severity, 0), 7)]
	o := object{
		{"activity_id", activity.id}, {"activity_name", activity.caption}, {"category_uid", 2}, {"category_name", "Findings"},
		{"class_uid", 2005}, {"class_name", "Incident Finding"}, {"type_uid", 200500 + activity.id}, {"type_name", "Incident Finding: " + activity.caption},
		{"severity_id", severity.id}, {"severity", severity.caption},
	}
	o = append(o, status...)
	o = append(o, object{
		{"confidence_score", i.Confidence}, {"time", i.Time.UnixMilli()}, {"start_time", i.First.UnixMilli()}, {"end_time", i.Last.UnixMilli()},
		{"message", i.Title}, {"desc", i.Text},
		{"metadata", object{{"version", ocsfVersion}, {"product", object{{"name", productName}, {"vendor_name", vendorName}, {"version", Version}}}}},
	}...)
	finding := object{
		{"uid", i.ID}, {"title", i.Title}, {"desc", i.Text}, {"created_time", i.First.UnixMilli()}, {"modified_time", i.Time.UnixMilli()},
		{"first_seen_time", i.First.UnixMilli()}, {"last_seen_time", i.Last.UnixMilli()},
	}
	related := make([]object, len(i.Samples))
	for n, id := range i.Samples {
		related[n] = object{{"uid", id}, {"type_uid", 200401}}
	}
	finding.add("related_events", related)
	o.set("finding_info_list", []object{finding})
	var attacks []object
	for _, s := range i.Stages {
		tactic := object{{"uid", s.ID}, {"name", s.Tactic}}
		if len(s.Techniques) == 0 {
			attacks = append(attacks, object{{"tactic", tactic}, {"version", attackVersion}})
		}
		for _, id := range s.Techniques {
			technique, _, isSub := strings.Cut(id, ".")
			attack := object{{"tactic", tactic}, {"technique", object{{"uid", technique}}}}
			if isSub {
				attack.set("sub_technique", object{{"uid", id}})
			}
			attack.set("version", attackVersion)
			attacks = append(attacks, attack)
		}
	}
	o.add("attacks", attacks)
	o.set("unmapped", append(object{
		{"kind", incidentKind}, {"incident_id", i.ID}, {"event", i.Event}, {"message", i.Message}, {"news", i.News}, {"syslog_severity", i.Severity},
	}, i.own()...))
	return o
}

// fields are what a line of CEF or LEEF has of an incident, under the names of format msa.
func (i *Incident) fields() []member {
	hops := make([]string, len(i.Hops))
	for n, h := range i.Hops {
		hops[n] = h.From + " > " + h.To
	}
	data := make([]string, len(i.Data))
	for n, d := range i.Data {
		data[n] = d.Name + " " + strconv.Itoa(d.N)
	}
	return []member{
		{"stages", i.listed(func(s Stage) string { return s.Tactic + " " + strconv.Itoa(s.Alerts) })}, {"targets", i.targetNames()},
		{"hops", strings.Join(hops, ", ")}, {"data", strings.Join(data, ", ")}, {"news", strings.Join(i.News, "; ")},
		{"samples", strings.Join(i.Samples, ",")},
	}
}

// cef is the incident in ArcSight's Common Event Format.
func (i *Incident) cef() string {
	c := newCEF("incident", i.Title, i.Severity)
	millis := func(key string, at int64) { c.add(key, strconv.FormatInt(at, 10), longestValue) }
	millis("rt", i.Time.UnixMilli())
	millis("start", i.First.UnixMilli())
	millis("end", i.Last.UnixMilli())
	c.add("externalId", i.ID, longestValue)
	c.add("cat", incidentKind, longestValue)
	c.add("act", i.Event, longestValue)
	c.address("src", "c6a2", "Source IPv6 Address", "shost", i.client())
	if kind, name, _ := strings.Cut(i.Key, " "); kind == "user" {
		c.add("suser", name, longestValue)
	} else if kind == "workload" {
		c.add("sourceServiceName", name, longestValue)
	}
	c.add("cnt", strconv.Itoa(i.Alerts), longestValue)
	c.add("msg", i.Text, longestValue)
	c.add("outcome", i.Outcome, longestValue)
	c.add("reason", strings.Join(i.Evidence, "; "), longestValue)
	c.custom("cfp1", "confidence", strconv.Itoa(i.Confidence), longestValue)
	for n, f := range i.fields() {
		c.custom("cs"+strconv.Itoa(n+1), f.key, f.value.(string), longestList)
	}
	return c.b.String()
}

// leef is the incident in QRadar's Log Event Extended Format 2.0.
func (i *Incident) leef() string {
	l := newLEEF("incident")
	l.add("devTime", strconv.FormatInt(i.Time.UnixMilli(), 10), longestValue)
	l.add("sev", sentSeverity(i.Severity), longestValue)
	l.add("cat", incidentKind, longestValue)
	l.add("src", i.client(), longestValue)
	if kind, name, _ := strings.Cut(i.Key, " "); kind == "user" {
		l.add("usrName", name, longestValue)
	}
	l.add("incidentId", i.ID, longestValue)
	l.add("event", i.Event, longestValue)
	l.add("key", i.Key, longestValue)
	l.add("alerts", strconv.Itoa(i.Alerts), longestValue)
	l.add("msg", i.Text, longestValue)
	l.add("confidence", strconv.Itoa(i.Confidence), longestValue)
	l.add("outcome", i.Outcome, longestValue)
	l.add("outcomeEvidence", strings.Join(i.Evidence, "; "), longestValue)
	for _, f := range i.fields() {
		l.add(f.key, f.value.(string), longestValue)
	}
	return l.b.String()
}

// modsecurity is the incident where receivers of libmodsecurity's audit log look: a transaction of its attacker, with a
// message for each stage.
func (i *Incident) modsecurity() object {
	messages := make([]object, len(i.Stages))
	for n, s := range i.Stages {
		var what []string
		for _, w := range s.What {
			what = append(what, w.Name)
		}
		messages[n] = object{{"message", s.Tactic}, {"details", object{
			{"match", strings.Join(what, "; ")}, {"reference", ""}, {"ruleId", ""}, {"file", ""}, {"lineNumber", "0"}, {"data", ""},
			{"severity", strconv.Itoa(i.Severity)}, {"ver", ""}, {"rev", ""}, {"tags", append([]string{s.ID}, s.Techniques...)}, {"maturity", "0"}, {"accuracy", "0"},
		}}}
	}
	transaction := object{
		{"client_ip", i.client()}, {"time_stamp", i.Time.UTC().Format("Mon Jan _2 15:04:05 2006")}, {"server_id", ""}, {"client_port", 0}, {"host_ip", ""}, {"host_port", 0},
		{"unique_id", i.ID}, {"request", object{{"method", "-"}, {"uri", ""}}}, {"response", object{{"http_code", 0}}},
		{"producer", object{{"modsecurity", productName + " v" + Version}, {"secrules_engine", "DetectionOnly"}, {"components", []string{}}}},
		{"messages", messages},
	}
	own := object{{"kind", incidentKind}, {"incident_id", i.ID}, {"event", i.Event}, {"message", i.Message}, {"news", i.News}, {"summary", i.Title}, {"text", i.Text}, {"severity", i.Severity}}
	return object{{"transaction", transaction}, {"msa", append(own, i.own()...)}}
}

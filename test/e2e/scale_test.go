package e2e

import (
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/pipeline"
	"github.com/modsecurity-for-anylog/msa/test/intrusion"
	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// ofEach is how many records of one client are taken: a scan has hundreds.
const ofEach = 12

// alarming are the records of findAlarming, which takes as long as all else of a test that uses them.
func alarming(t *testing.T) [][]intrusion.Event {
	t.Helper()
	alarmingRecords.once.Do(func() { alarmingRecords.groups = findAlarming(t) })
	return alarmingRecords.groups
}

var alarmingRecords struct {
	once   sync.Once
	groups [][]intrusion.Event
}

// findAlarming are records of an intrusion that alarm by themselves, in groups of which none lasts longer than ten seconds.
func findAlarming(t *testing.T) (groups [][]intrusion.Event) {
	t.Helper()
	config, err := pipeline.ParseConfig(func(name string) []string {
		return map[string][]string{"mapping": {"nano"}, "behavior": {"off"}, "habit": {"off"}}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	fresh := func() *pipeline.Pipeline {
		p, err := pipeline.New(config, nil, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := fresh()
	defer p.Close()
	alarms := func(event []byte) bool {
		p := fresh() // what other records tell is not known to each of two hosts
		defer p.Close()
		return len(p.Process("nano", event).Alerts) > 0
	}
	g := intrusion.New(intrusion.Options{Seed: 5, RecordsPerHour: 2000, Intrusion: true})
	n, of := 0, map[netip.Addr]int{}
	for e, ok := g.Next(); ok && n < 60; e, ok = g.Next() {
		event := msgp.AppendInt64(msgp.AppendArrayHeader(nil, 2), e.Time.Unix())
		event, _, err := mapping.AppendJSON(event, e.AppendNano(nil))
		if err != nil {
			t.Fatal(err)
		}
		client := e.Client.Addr()
		if len(p.Process("nano", event).Alerts) == 0 || of[client] == ofEach || !alarms(event) {
			continue
		}
		of[client]++
		n++
		if k := len(groups); k > 0 && e.Time.Sub(groups[k-1][0].Time) <= 10*time.Second {
			groups[k-1] = append(groups[k-1], e)
		} else {
			groups = append(groups, []intrusion.Event{e})
		}
	}
	return groups
}

// nanoQuiet is a filter that tells of what a record says by itself alone.
const nanoQuiet = "[FILTER]\n    Name msa\n    Match nano\n    Mapping nano\n    Behavior off\n    Habit off\n    Exclude called-back\n"

// story is what is compared of an incident.
var story = []string{"event", "key", "actors", "text", "targets", "hops", "joined"}

// told is the last that a host has told of each incident.
func told(t *testing.T, file string, keys []string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, line := range lines(t, file) {
		m, text := object(t, line), ""
		for _, key := range keys {
			text += fmt.Sprint(m[key], " ")
		}
		all[fmt.Sprint(m["incident_id"])] = text
	}
	return all
}

// Two hosts, each with the records of its clients, and a third that gets their alerts by forward tell of the same incidents
// as one host that gets all records, though what the second host has seen comes before what the first one has.
func TestIncidentsOfTwoHosts(t *testing.T) {
	incidents := func(dir string) string {
		return fmt.Sprintf("[OUTPUT]\n    Name   file\n    Match  msa.incident\n    File   %s\n    Format plain\n", filepath.Join(dir, "incidents"))
	}
	all, aggregator, hosts := t.TempDir(), t.TempDir(), [2]string{t.TempDir(), t.TempDir()}
	groups := alarming(t)

	port, forward := freePort(t), freePort(t)
	one := fluentBit(t, all, fileConfig(port, all, nanoQuiet)+incidents(all))
	toOne := tcp(t, port)
	last := fluentBit(t, aggregator, fmt.Sprintf(`[SERVICE]
    Flush 0.2
    Grace 5
[INPUT]
    Name   forward
    Listen 127.0.0.1
    Port   %d
    Tag    nano
[FILTER]
    Name   msa
    Match  nano
    Incidents_From alerts
[OUTPUT]
    Name   file
    Match  nano
    File   %s
    Format plain
`, forward, filepath.Join(aggregator, "arrived"))+incidents(aggregator))
	_ = tcp(t, forward).Close() // it listens
	var to [2]interface{ Write([]byte) (int, error) }
	var processes []*rig.Process
	for i, dir := range hosts {
		in := freePort(t)
		processes = append(processes, fluentBit(t, dir, fileConfig(in, dir, nanoQuiet+"    Incident_Tag off\n")+
			fmt.Sprintf("[OUTPUT]\n    Name   forward\n    Match  msa.alert\n    Host   127.0.0.1\n    Port   %d\n", forward)))
		to[i] = tcp(t, in)
	}

	send := func(w interface{ Write([]byte) (int, error) }, e *intrusion.Event) {
		if _, err := w.Write(append(e.AppendNano(nil), '\n')); err != nil {
			t.Fatal(err)
		}
	}
	sent := 0
	for _, group := range groups {
		for i := range group {
			send(toOne, &group[i])
		}
		for _, turn := range []int{1, 0} { // what the second host sees is there first
			for i := range group {
				if int(group[i].Client.Addr().As4()[3])%2 == turn {
					send(to[turn], &group[i])
					sent++
				}
			}
			if sent > 0 {
				waitLines(t, filepath.Join(aggregator, "arrived"), sent, rig.Patience)
			}
		}
	}
	waitLines(t, filepath.Join(all, "alerts"), sent, rig.Patience)
	for _, p := range slices.Concat(processes, []*rig.Process{last, one}) {
		if err := p.Stop(rig.Patience); err != nil {
			t.Fatal(err)
		}
	}
	n := sameIncidents(t, filepath.Join(all, "incidents"), filepath.Join(aggregator, "incidents"), append(story, "samples"))
	t.Logf("%d incidents of %d alerts in %d groups", n, sent, len(groups))
}

// sameIncidents compares what one host has told with what others have told together.
func sameIncidents(t *testing.T, one, others string, keys []string) (n int) {
	t.Helper()
	want, got := told(t, one, keys), told(t, others, keys)
	if len(want) < 2 || len(got) != len(want) {
		t.Errorf("one host tells of %d incidents, several of %d", len(want), len(got))
	}
	for id, text := range want {
		if got[id] != text {
			t.Errorf("incident %s of several hosts is\n%s\nand of one\n%s", id, got[id], text)
		}
	}
	return len(want)
}

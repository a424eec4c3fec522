package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/modsecurity-for-anylog/msa/test/intrusion"
	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// kafkaExample runs one of Kafka's examples with a broker, below a directory, with settings in place of others, and with a
// file output for each of the matches, of the same name.
func kafkaExample(t *testing.T, dir, name, broker string, ports map[int]int, replace []string, files ...string) *rig.Process {
	t.Helper()
	ports[2021] = freePort(t)
	text := rig.WithPorts(strings.NewReplacer("/var/lib/msa", dir).Replace(exampleText(t, name)), ports)
	text = strings.NewReplacer(append(replace, "localhost:9092", broker, "flush: 1\n", "flush: 0.2\n", "flush: 0.5\n", "flush: 0.2\n")...).Replace(text)
	for _, match := range files {
		text += fmt.Sprintf("    - name: file\n      match: %s\n      file: %s\n      format: plain\n", match, filepath.Join(dir, match))
	}
	return fluentBit(t, dir, text)
}

// By Kafka, with the examples as they are shipped: two instances that share a topic whose records have their source as the
// key, and a third one that gets their alerts by another topic, tell of the same incidents as one host that gets all
// records. Each client's records come to one of the two; when that one ends, the other has them.
func TestIncidentsByKafka(t *testing.T) {
	const partitions = 4
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(partitions, "logs"), kfake.SeedTopics(1, "alerts"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	broker := cluster.ListenAddrs()[0]
	endsAlone(t, "[INPUT]\n    Name dummy\n[OUTPUT]\n    Name kafka\n    Match *\n    Brokers "+broker+"\n    Topics alone\n    Message_Key_Field key\n")
	ctx, cancel := context.WithTimeout(context.Background(), rig.Patience)
	t.Cleanup(cancel)
	stable := func(group string, members int) {
		t.Helper()
		if _, err := cluster.WaitGroupStable(ctx, group, members); err != nil {
			t.Fatalf("group %s has no %d members: %v", group, members, err)
		}
	}

	// What a record says by itself alarms in all of them, and nothing else.
	quiet := []string{"      rules: crs\n", "      rules: crs\n      mapping: nano\n      behavior: off\n      habit: off\n      exclude: called-back\n"}
	all, shards, aggregator, hosts := t.TempDir(), t.TempDir(), t.TempDir(), [2]string{t.TempDir(), t.TempDir()}
	last := kafkaExample(t, aggregator, "kafka-incidents.yaml", broker, map[int]int{12201: receive(t, "udp", new(rig.Output)), 5170: receive(t, "tcp", new(rig.Output))}, []string{"      state_path: " + aggregator + "/incidents.state\n", ""}, "alerts", "msa.incident")
	var second [2]*rig.Process
	for i, dir := range hosts {
		second[i] = kafkaExample(t, dir, "kafka.yaml", broker, map[int]int{}, quiet, "kafka")
	}
	in := freePort(t)
	kafkaExample(t, shards, "kafka-shards.yaml", broker, map[int]int{15155: in}, nil)
	port := freePort(t)
	one := fluentBit(t, all, fileConfig(port, all, nanoQuiet)+
		fmt.Sprintf("[OUTPUT]\n    Name   file\n    Match  msa.incident\n    File   %s\n    Format plain\n", filepath.Join(all, "incidents")))
	toOne := tcp(t, port)
	stable("msa-incidents", 1)
	stable("msa", len(second))

	// The input dummy beside Kafka's has records of its own, which are no alerts.
	arrived := func(n int) {
		t.Helper()
		if err := rig.Wait(rig.Patience, func() error {
			if got := len(alertsIn(t, filepath.Join(aggregator, "alerts"))); got < n {
				return fmt.Errorf("%d of %d alerts have arrived", got, n)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	groups, sent := alarming(t), 0
	send := func(groups [][]intrusion.Event) {
		for _, group := range groups {
			for i := range group {
				record := group[i].AppendNano(nil)
				udp(t, in, record)
				if _, err := toOne.Write(append(record, '\n')); err != nil {
					t.Fatal(err)
				}
				sent++
			}
			arrived(sent)
		}
	}
	half := len(groups) / 2
	send(groups[:half])
	owner := map[string]int{}
	for i, dir := range hosts {
		for _, line := range lines(t, filepath.Join(dir, "kafka")) {
			record := object(t, line)
			client := fmt.Sprint(record["SRC_IP"])
			if other, ok := owner[client]; ok && other != i {
				t.Errorf("records of %s came to both", client)
			}
			owner[client] = i
			if key := fmt.Sprint(record["key"]); key != client {
				t.Errorf("a record of %s has the key %s", client, key)
			}
		}
		if len(lines(t, filepath.Join(dir, "kafka"))) == 0 {
			t.Errorf("host %d has got no record", i+1)
		}
	}
	if err := second[0].Stop(rig.Patience); err != nil {
		t.Fatal(err)
	}
	stable("msa", 1)
	send(groups[half:])

	waitLines(t, filepath.Join(all, "alerts"), sent, rig.Patience)
	for _, p := range []*rig.Process{last, one} {
		if err := p.Stop(rig.Patience); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(alertsIn(t, filepath.Join(aggregator, "alerts"))); got != sent {
		t.Errorf("%d records, and %d alerts of them", sent, got)
	}
	// Ids of alerts are of whole records, and Kafka's have more in them.
	sameIncidents(t, filepath.Join(all, "incidents"), filepath.Join(aggregator, "msa.incident"), story)
	t.Logf("%d alerts of %d clients in %d groups", sent, len(owner), len(groups))
}

// alertsIn are the lines of a file that are alerts.
func alertsIn(t *testing.T, file string) (alerts []string) {
	t.Helper()
	for _, line := range lines(t, file) {
		if strings.Contains(line, `"alert_engine"`) {
			alerts = append(alerts, line)
		}
	}
	return alerts
}

// Command demo sends one attack through the pipeline of fluent-bit.conf, from a log
// record that comes by UDP to an alert and an incident that leave by syslog: in a real Fluent
// Bit when there is one ($FLUENT_BIT or PATH), else in "msa run". It exits 0 only if both came.
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

func main() {
	if err := demo(); err != nil {
		fmt.Fprintln(os.Stderr, "demo failed:", err)
		os.Exit(1)
	}
}

func demo() error {
	sample, err := os.ReadFile(filepath.Join(rig.Root(), "test/testdata/nano-attack.json"))
	if err != nil {
		return err
	}
	syslog, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer func() { _ = syslog.Close() }()
	in, err := rig.FreePort()
	if err != nil {
		return err
	}
	program, err := start(in, syslog.LocalAddr().(*net.UDPAddr).Port)
	if err != nil {
		return err
	}
	defer func() { _ = program.Stop(10 * time.Second) }()

	message, story, err := send(sample, in, syslog, program)
	if err != nil {
		return fmt.Errorf("%w; the program printed:\n%s", err, program.Output())
	}
	_, text, ok := strings.Cut(message, "{")
	var alert struct {
		RuleID  string `json:"rule_id"`
		SrcIP   string `json:"src_ip"`
		DstIP   string `json:"dst_ip"`
		Summary string `json:"summary"`
	}
	if !ok || json.Unmarshal([]byte("{"+text), &alert) != nil {
		return fmt.Errorf("the syslog message holds no alert: %q", message)
	}
	if alert.SrcIP != "192.168.1.105" || alert.DstIP != "192.168.1.55" || alert.RuleID == "" {
		return fmt.Errorf("this is not the alert of the record that was sent: %s", text)
	}
	_, text, _ = strings.Cut(story, "{")
	var incident struct {
		Text string `json:"text"`
	}
	if json.Unmarshal([]byte("{"+text), &incident) != nil || !strings.Contains(incident.Text, alert.SrcIP) {
		return fmt.Errorf("this is not the incident of the record that was sent: %s", text)
	}
	fmt.Printf("The record:\n\n  %s\n\nThe alert, as it came over syslog:\n\n  %s\n\n  %s attacks %s: %s (rule %s)\n\nThe incident:\n\n  %s\n",
		beginning(string(sample)), beginning(message), alert.SrcIP, alert.DstIP, alert.Summary, alert.RuleID, incident.Text)
	return nil
}

// beginning is what fits on a few lines of a terminal.
func beginning(s string) string {
	const most = 400
	s = strings.TrimSpace(s)
	if len(s) <= most {
		return s
	}
	return fmt.Sprintf("%s… (%d bytes)", strings.ToValidUTF8(s[:most], ""), len(s))
}

// start runs the pipeline between two ports.
func start(in, out int) (*rig.Process, error) {
	root := rig.Root()
	fluentBit, ok := rig.FluentBit()
	if !ok {
		fmt.Print("No Fluent Bit found ($FLUENT_BIT, PATH): this is the same pipeline in \"msa run\".\n\n")
		return rig.Start(root, filepath.Join(root, "build/msa"), "run",
			"--listen", fmt.Sprintf("udp://127.0.0.1:%d", in), "--output", fmt.Sprintf("syslog+udp://127.0.0.1:%d", out))
	}
	fmt.Printf("This is %s with fluent-bit.conf.\n\n", fluentBit)
	conf, err := os.ReadFile(filepath.Join(root, "fluent-bit.conf"))
	if err != nil {
		return nil, err
	}
	path := filepath.Join(root, "build/demo.conf")
	text := rig.WithPorts(string(conf), map[int]int{15155: in, 12201: out})
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return nil, err
	}
	return rig.Start(root, fluentBit, "-e", filepath.Join(root, "build/flb-filter_msa.so"), "-c", path)
}

// send sends the record until an alert and an incident come: the program may not listen yet, and UDP does not tell.
func send(record []byte, in int, syslog net.PacketConn, program *rig.Process) (alert, incident string, err error) {
	conn, err := net.Dial("udp", fmt.Sprintf("127.0.0.1:%d", in))
	if err != nil {
		return "", "", err
	}
	defer func() { _ = conn.Close() }()
	buf := make([]byte, 64<<10)
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		if !program.Running() {
			return "", "", fmt.Errorf("the program ended")
		}
		_, _ = conn.Write(record) // refused while nobody listens
		for {
			if err := syslog.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
				return "", "", err
			}
			n, _, err := syslog.ReadFrom(buf)
			if err != nil {
				break
			}
			if message := string(buf[:n]); strings.Contains(message, `{"incident_id"`) {
				incident = message
			} else {
				alert = message
			}
			if alert != "" && incident != "" {
				return alert, incident, nil
			}
		}
	}
	return "", "", fmt.Errorf("no alert and incident came in 30 s")
}

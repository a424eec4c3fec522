package mapping

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"github.com/modsecurity-for-anylog/msa/internal/reread"
)

// WorkloadTable is a table of one's own that says which workload an address or a network is: for logs that tell addresses
// alone. It is a file, read again when it has changed. A table is safe for concurrent use, and nil is an empty one.
type WorkloadTable struct{ file *reread.File[workloadRows] }

// OpenWorkloadTable reads the table. Later on, what is wrong with the file goes to report, once for each change of it, and
// the last good table stays.
//
// The file is CSV, a row for each address or network, with its workload as namespace/kind/name, namespace/name or a name
// alone, and perhaps the account; or JSON, an object of the same: {"10.0.2.0/24": "shop/deployment/cart"}.
func OpenWorkloadTable(file string, report func(error)) (*WorkloadTable, error) {
	f, err := reread.Open("workloads", file, parseWorkloads, report)
	if err != nil {
		return nil, err
	}
	return &WorkloadTable{f}, nil
}

// fill completes what is known of who has an address.
func (t *WorkloadTable) fill(w *Workload, address string) {
	if t == nil || w.Name != "" || address == "" {
		return
	}
	if found, ok := t.file.Value().find(address); ok {
		w.fillWith(found)
		w.Account = first(w.Account, found.Account)
	}
}

// workloadRows are a table in memory, by network.
type workloadRows struct {
	by     map[netip.Prefix]Workload
	v4, v6 []int // lengths of prefixes that there are, the longest first
}

func (r *workloadRows) find(address string) (Workload, bool) {
	ip, err := ParseAddress(address)
	if err != nil || r == nil {
		return Workload{}, false
	}
	lengths := r.v6
	if ip.Is4() {
		lengths = r.v4
	}
	for _, n := range lengths {
		network, err := ip.Prefix(n)
		if err != nil {
			continue
		}
		if w, ok := r.by[network]; ok {
			return w, true
		}
	}
	return Workload{}, false
}

func (r *workloadRows) add(network, workload, account string) error {
	p, err := ParseNetwork(strings.TrimSpace(network))
	if err != nil {
		return err
	}
	if ip := p.Addr(); ip.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(ip.Unmap(), p.Bits()-96)
	}
	w, ok := ParseWorkload(strings.TrimSpace(workload))
	if !ok {
		return fmt.Errorf("%q is not a workload such as shop/deployment/cart", workload)
	}
	w.Account = account
	if _, twice := r.by[p]; twice {
		return fmt.Errorf("%s stands in it twice", p)
	}
	r.by[p] = w
	lengths := &r.v6
	if p.Addr().Is4() {
		lengths = &r.v4
	}
	if !slices.Contains(*lengths, p.Bits()) {
		*lengths = append(*lengths, p.Bits())
		slices.SortFunc(*lengths, func(a, b int) int { return b - a })
	}
	return nil
}

// parseWorkloads reads either form, and says in which line an error is.
func parseWorkloads(text []byte) (rows *workloadRows, line int, err error) {
	text = bytes.TrimPrefix(text, []byte(byteOrderMark))
	rows = &workloadRows{by: map[netip.Prefix]Workload{}}
	if start := bytes.TrimLeft(text, " \t\r\n"); len(start) > 0 && start[0] == '{' {
		line, err = rows.readJSON(text)
	} else {
		line, err = rows.readCSV(text)
	}
	return rows, line, err
}

func (r *workloadRows) readCSV(text []byte) (line int, err error) {
	reader := csv.NewReader(bytes.NewReader(text))
	reader.Comment, reader.FieldsPerRecord, reader.TrimLeadingSpace = '#', -1, true
	for first := true; ; first = false {
		row, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return 0, nil
		}
		var wrong *csv.ParseError
		if errors.As(err, &wrong) {
			return wrong.Line, wrong.Err
		}
		line, _ := reader.FieldPos(0)
		if len(row) < 2 || len(row) > 3 {
			return line, fmt.Errorf("expected an address or network, its workload and perhaps its account, not %d columns", len(row))
		}
		account := ""
		if len(row) == 3 {
			account = strings.TrimSpace(row[2])
		}
		if err := r.add(row[0], row[1], account); err != nil {
			if first && isHeading(row) {
				continue
			}
			return line, err
		}
	}
}

// isHeading reports whether a row names the columns.
func isHeading(row []string) bool {
	return slices.Contains([]string{"address", "addr", "ip", "cidr", "network", "prefix"}, strings.ToLower(strings.TrimSpace(row[0])))
}

func (r *workloadRows) readJSON(text []byte) (line int, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	at := func() int { return 1 + bytes.Count(text[:decoder.InputOffset()], []byte("\n")) }
	fail := func(err error) (int, error) {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return 1 + bytes.Count(text, []byte("\n")), errors.New("the object does not end")
		}
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return 1 + bytes.Count(text[:min(int(syntax.Offset), len(text))], []byte("\n")), err
		}
		return at(), err
	}
	if _, err := decoder.Token(); err != nil {
		return fail(err)
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return fail(err)
		}
		var value any
		if err := decoder.Decode(&value); err != nil {
			return fail(err)
		}
		workload, account := "", ""
		switch v := value.(type) {
		case string:
			workload = v
		case map[string]any:
			workload, _ = v["workload"].(string)
			account, _ = v["account"].(string)
		}
		if err := r.add(fmt.Sprint(key), workload, account); err != nil {
			return at(), err
		}
	}
	if _, err := decoder.Token(); err != nil {
		return fail(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return at(), errors.New("something follows the object")
	}
	return 0, nil
}

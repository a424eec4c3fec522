package host

import "testing"

// TestEmitterStorage has alerts wait in files where the service has a storage path, unless told otherwise, and in
// memory where there is none, in either case in the storage of the host's inputs.
func TestEmitterStorage(t *testing.T) {
	const path = "/var/lib/storage"
	for name, c := range map[string]struct {
		args []string
		set  string
		want string // of the emitter
		says string // in the log
	}{
		"a path":               {args: []string{"-p", path}, want: "filesystem host"},
		"a path, memory":       {args: []string{"-p", path}, set: "set a emitter_storage_type memory\n", want: "memory host"},
		"a path, filesystem":   {args: []string{"-p", path}, set: "set a emitter_storage_type filesystem\n", want: "filesystem host"},
		"no path":              {want: "memory host"},
		"no path, memory":      {set: "set a emitter_storage_type Memory\n", want: "memory host"},
		"nowhere":              {args: []string{"-u"}, want: "memory own", says: `warn \[filter:msa:a\] alerts that wait for outputs are kept in memory and lost at exit: the host's storage is not where it is expected`},
		"nowhere, memory":      {args: []string{"-u"}, set: "set a emitter_storage_type memory\n", want: "memory own"},
		"nowhere, filesystem":  {args: []string{"-u"}, set: "set a emitter_storage_type filesystem\n", want: "memory own", says: "warn .* kept in memory"},
		"a limit says nothing": {args: []string{"-p", path}, set: "set a emitter_mem_buf_limit 1K\n", want: "filesystem host"},
		"an empty path":        {args: []string{"-p", ""}, want: "memory host"},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, h *host) {
				out, _ := h.run(t, c.args, one+c.set+"init a\nemitters\nexit a\n")
				check(t, out, "emitter emitter_for_a "+c.want+"$", "exit a ret=0", "!log error")
				if c.says != "" {
					check(t, out, "log "+c.says)
				} else {
					check(t, out, "!log warn")
				}
			})
		})
	}
}

// TestEmitterStorageWithoutPath has filesystem refused at the start, and at a reload the last good properties kept.
func TestEmitterStorageWithoutPath(t *testing.T) {
	const files = "set a emitter_storage_type filesystem\n"
	out, _ := plain.run(t, nil, one+files+"init a\n")
	check(t, out, `log error \[filter:msa:a\] cannot start: property emitter_storage_type: filesystem needs a storage.path in the \[SERVICE\] section`,
		"init a ret=-1 context=none")

	out, _ = plain.run(t, nil, one+"init a\nexit a\nconfig\n"+one+files+"init a\nemitters\nexit a\n")
	check(t, out, "log error .* cannot reload: property emitter_storage_type: .*KEEPING THE LAST GOOD", "init a ret=0",
		"emitter emitter_for_a memory host")
}

// TestFilesAreNotLimited has alerts go to an emitter with files, whatever it holds: its bounds are the host's.
func TestFilesAreNotLimited(t *testing.T) {
	attack := file(t, sample(t, "/?t=../../etc/passwd"))
	script := one + "set a emitter_mem_buf_limit 1K\ninit a\nhold\n"
	for range 9 {
		script += "filter a in " + attack + "\ntick 1\n"
	}
	for _, c := range []struct {
		args []string
		want int
	}{{[]string{"-p", "/var/lib/storage"}, 9}, {nil, 1}} {
		out, _ := plain.run(t, c.args, script+"exit a\n")
		if n := len(alerts(t, out, "msa.alert")); n != c.want {
			t.Errorf("%v: %d alerts were emitted, want %d", c.args, n, c.want)
		}
	}
}

// TestLostInMemory has alerts counted and logged that no output had taken when the host ended, unless they are in files.
func TestLostInMemory(t *testing.T) {
	attack := file(t, sample(t, "/?t=../../etc/passwd"))
	held := one + "init a\nfilter a in " + attack + " 2\ntick 1\nhold\nfilter a in " + attack + " 3\ntick 2\n"
	out, _ := plain.run(t, nil, held+"exit a\nconfig\n"+one+"init a\nsleep 1100\ntick 1\nexit a\n")
	check(t, out, `log error \[filter:msa:a\] lost 3 alerts: no output had taken them at exit, and they were kept in memory \(emitter_storage_type\)`,
		`metric msa_alerts_lost_total\{name=a\} 3$`)

	out, _ = plain.run(t, nil, held+"deliver\ntick 1\nexit a\n")
	check(t, out, "append ", "!log error")
	out, _ = plain.run(t, []string{"-p", "/var/lib/storage"}, held+"exit a\n")
	check(t, out, "append ", "!log error")
}

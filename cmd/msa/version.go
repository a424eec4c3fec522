package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/modsecurity-for-anylog/msa/alert"
)

// version is set by -ldflags "-X main.version=…" where a release is built.
var version string

// versionText says which program this is, and what it was built from and with.
func versionText() string {
	v, revision := version, ""
	if info, ok := debug.ReadBuildInfo(); ok {
		if v == "" && info.Main.Version != "(devel)" && !strings.HasPrefix(info.Main.Version, "v0.0.0-") { // no release
			v = info.Main.Version
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value[:min(len(s.Value), 12)] + " "
			}
		}
	}
	if v == "" {
		v = alert.Version
	}
	return fmt.Sprintf("msa %s (%s%s %s/%s)", v, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

type versionCommand struct{}

func (*versionCommand) Run(p *process) error {
	_, err := fmt.Fprintln(p.stdout, versionText())
	return err
}

package deploy

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// The instructions of Dockerfiles, as of syntax 1.
var instructions = []string{"ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
	"MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"}

// The Dockerfile copies only what there is, from stages that there are, to where everything else
// expects it, and doesn't run as root.
func TestDockerfile(t *testing.T) {
	stages, copied, user := []string{}, map[string][]string{}, map[string]string{}
	args, exposed := map[string]bool{}, []string{}
	for _, in := range dockerfile(t) {
		if !slices.Contains(instructions, in.name) {
			t.Errorf("no instruction %q", in.name)
		}
		stage := ""
		if len(stages) > 0 {
			stage = stages[len(stages)-1]
		}
		switch in.name {
		case "ARG":
			name, _, _ := strings.Cut(in.words[0], "=")
			args["${"+name+"}"] = true
		case "FROM":
			if len(in.words) != 3 || in.words[1] != "AS" {
				t.Fatalf("FROM %v", in.words)
			}
			if strings.HasPrefix(in.words[0], "$") && !args[in.words[0]] {
				t.Errorf("%s is not declared", in.words[0])
			}
			stages = append(stages, in.words[2])
		case "COPY":
			var from string
			words := in.words
			for strings.HasPrefix(words[0], "--") {
				if s, ok := strings.CutPrefix(words[0], "--from="); ok {
					from = s
				}
				words = words[1:]
			}
			to := words[len(words)-1]
			copied[stage] = append(copied[stage], to)
			if from != "" && !slices.Contains(stages[:len(stages)-1], from) {
				t.Errorf("no stage %q before", from)
			}
			for _, source := range words[:len(words)-1] {
				if _, err := os.Stat(filepath.Join(rig.Root(), source)); from == "" && err != nil {
					t.Error(err)
				}
			}
		case "USER":
			user[stage] = in.words[0]
		case "EXPOSE":
			exposed = append(exposed, in.words...)
		}
	}
	if len(stages) == 0 || stages[len(stages)-1] != "fluent-bit" {
		t.Fatalf("stages %v", stages)
	}
	for _, to := range []string{pluginPath, pluginsTxt, "/usr/bin/msa", "/etc/msa/fluent-bit.conf", "/etc/msa/rules", stateDir} {
		if !slices.Contains(copied["fluent-bit"], to) {
			t.Errorf("nothing is copied to %s", to)
		}
	}
	if !slices.Contains(copied["plugin"], pluginPath) {
		t.Errorf("the target plugin has no %s", pluginPath)
	}
	if want := nonroot + ":" + nonroot; user["fluent-bit"] != want || user["plugin"] != want {
		t.Errorf("users %v", user)
	}
	if want := []string{"15155/udp", "2020/tcp", "2021/tcp"}; !slices.Equal(exposed, want) {
		t.Errorf("exposed: %v", exposed)
	}
	for _, path := range []string{pluginPath, outputPath} {
		if !strings.Contains(read(t, "deploy/fluent-bit/plugins.conf"), "\n    Path "+path+"\n") {
			t.Errorf("plugins.conf doesn't name %s", path)
		}
	}
	if !strings.Contains(read(t, "deploy/docker/fluent-bit.conf"), " "+pluginsTxt+"\n") {
		t.Errorf("fluent-bit.conf doesn't name %s", pluginsTxt)
	}
}

func TestCompose(t *testing.T) {
	service := at(t, documents(t, "deploy/docker/compose.yaml")[0], "services", "msa")
	if got := at(t, service, "image"); got != "msa:"+alert.Version {
		t.Errorf("image %v", got)
	}
	folder := filepath.Join(rig.Root(), "deploy/docker")
	root := filepath.Join(folder, at(t, service, "build", "context").(string))
	if _, err := os.Stat(filepath.Join(root, at(t, service, "build", "dockerfile").(string))); err != nil || root != filepath.Clean(rig.Root()) {
		t.Errorf("context %s: %v", root, err)
	}
	if at(t, service, "ports", 0) != "15155:15155/udp" {
		t.Errorf("ports %v", at(t, service, "ports"))
	}
	mounts := map[string]string{}
	for _, v := range at(t, service, "volumes").([]any) {
		m := regexp.MustCompile(`^(\$\{\w+:-)?(.*?)\}?:(/[^:]*)(:ro)?$`).FindStringSubmatch(v.(string))
		if m == nil {
			t.Fatalf("volume %v", v)
		}
		mounts[m[3]] = m[2]
	}
	if mounts[stateDir] != "state" {
		t.Errorf("mounts %v", mounts)
	}
	if files, _ := filepath.Glob(filepath.Join(folder, mounts["/etc/msa/rules"], "*.conf")); len(files) == 0 {
		t.Error("no rules in the folder that is mounted, which the filter refuses")
	}
	memory(t, "compose", at(t, service, "mem_limit").(string), read(t, "deploy/docker/Dockerfile"))
}

// memory checks that the Go side collects garbage before the limit, and that MSA's 120 MB fit
// twice beside Fluent Bit.
func memory(t *testing.T, name, limit, text string) {
	t.Helper()
	number := func(s string) int {
		n, err := strconv.Atoi(strings.TrimRight(s, "MmiB"))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	soft := regexp.MustCompile(`GOMEMLIMIT(?:=|\s+value: )(\d+MiB)`).FindStringSubmatch(text)
	if soft == nil {
		t.Fatalf("%s sets no GOMEMLIMIT", name)
	}
	if s, l := number(soft[1]), number(limit); s < 240 || l < s+128 {
		t.Errorf("%s: GOMEMLIMIT %s, limit %s", name, soft[1], limit)
	}
}

// mounts are a container's, by path, each of a volume that there is.
func mounts(t *testing.T, list, volumes any) map[string]string {
	t.Helper()
	names := map[string]bool{}
	for _, v := range volumes.([]any) {
		names[at(t, v, "name").(string)] = true
	}
	got := map[string]string{}
	for _, m := range list.([]any) {
		name := at(t, m, "name").(string)
		if !names[name] {
			t.Errorf("no volume %q", name)
		}
		got[at(t, m, "mountPath").(string)] = name
	}
	return got
}

// unprivileged checks a container's security context.
func unprivileged(t *testing.T, context any) {
	t.Helper()
	for key, want := range map[string]any{"runAsNonRoot": true, "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true} {
		if got := at(t, context, key); got != want {
			t.Errorf("%s is %v", key, got)
		}
	}
	if at(t, context, "capabilities", "drop", 0) != "ALL" || strconv.FormatUint(at(t, context, "runAsUser").(uint64), 10) != nonroot {
		t.Errorf("security context %v", context)
	}
}

func ports(t *testing.T, list any) map[string]string {
	t.Helper()
	got := map[string]string{}
	for _, p := range list.([]any) {
		got[at(t, p, "name").(string)] = strconv.FormatUint(at(t, p, "containerPort").(uint64), 10) + "/" + at(t, p, "protocol").(string)
	}
	return got
}

func TestDaemonSet(t *testing.T) {
	docs := documents(t, "deploy/kubernetes/daemonset.yaml")
	set := kind(t, docs, "DaemonSet")
	pod := at(t, set, "spec", "template", "spec")
	container := at(t, pod, "containers", 0)
	if at(t, container, "image") != "msa:"+alert.Version {
		t.Errorf("image %v", at(t, container, "image"))
	}
	image := at(t, documents(t, "deploy/kubernetes/kustomization.yaml")[0], "images", 0)
	if at(t, image, "name") != "msa" || at(t, image, "newTag") != alert.Version {
		t.Errorf("kustomization: %v", image)
	}
	unprivileged(t, at(t, container, "securityContext"))
	memory(t, "daemonset", at(t, container, "resources", "limits", "memory").(string), read(t, "deploy/kubernetes/daemonset.yaml"))

	m := mounts(t, at(t, container, "volumeMounts"), at(t, pod, "volumes"))
	if m[stateDir] == "" || m["/var/log"] == "" {
		t.Errorf("mounts %v", m)
	}
	config := at(t, container, "args", 1).(string)
	data := at(t, kind(t, docs, "ConfigMap"), "data").(map[string]any)
	if m[path.Dir(config)] != "config" || data[path.Base(config)] == nil {
		t.Errorf("%s is not in the ConfigMap", config)
	}
	if !strings.Contains(data["fluent-bit.yaml"].(string), "\n  - "+pluginPath+"\n") {
		t.Errorf("the pipeline doesn't load %s", pluginPath)
	}
	if got := ports(t, at(t, container, "ports")); got["nano"] != "15155/UDP" || got["http"] != "2020/TCP" || got["metrics"] != "2021/TCP" {
		t.Errorf("ports %v", got)
	}
	if at(t, container, "ports", 0, "hostPort") != uint64(15155) {
		t.Error("Nano doesn't reach the node's port")
	}
	if at(t, set, "spec", "template", "metadata", "annotations", "prometheus.io/port") != "2021" {
		t.Error("another port is scraped")
	}
	chowned(t, at(t, pod, "initContainers", 0))

	account := at(t, pod, "serviceAccountName")
	binding := kind(t, docs, "ClusterRoleBinding")
	if at(t, kind(t, docs, "ServiceAccount"), "metadata", "name") != account || at(t, binding, "subjects", 0, "name") != account ||
		at(t, binding, "roleRef", "name") != at(t, kind(t, docs, "ClusterRole"), "metadata", "name") {
		t.Error("the pod's account is not the one that is given the role")
	}
	namespace := at(t, kind(t, docs, "Namespace"), "metadata", "name")
	for _, k := range []string{"ServiceAccount", "ConfigMap", "DaemonSet"} {
		if at(t, kind(t, docs, k), "metadata", "namespace") != namespace {
			t.Errorf("%s is in another namespace", k)
		}
	}
}

// The chart of our own is of this version, and what it renders is what the other manifest has: the same ports and image, no root
// but for the state, limits that leave room.
func TestHelm(t *testing.T) {
	chart := documents(t, "deploy/helm/msa/Chart.yaml")[0]
	if at(t, chart, "version") != alert.Version || at(t, chart, "appVersion") != alert.Version {
		t.Errorf("version %v, of MSA %v", at(t, chart, "version"), at(t, chart, "appVersion"))
	}
	docs := documents(t, "test/deploy/testdata/helm.yaml")
	pod := at(t, kind(t, docs, "DaemonSet"), "spec", "template", "spec")
	container := at(t, pod, "containers", 0)
	if at(t, container, "image") != "msa:"+alert.Version {
		t.Errorf("image %v", at(t, container, "image"))
	}
	to := mounts(t, at(t, container, "volumeMounts"), at(t, pod, "volumes"))
	if to["/etc/msa/conf"] == "" || to[stateDir] == "" || to["/var/log"] == "" || at(t, container, "args", 1) != "/etc/msa/conf/fluent-bit.yaml" {
		t.Errorf("mounts %v, args %v", to, at(t, container, "args"))
	}
	chowned(t, at(t, pod, "initContainers", 0))
	if got := ports(t, at(t, container, "ports")); got["nano"] != "15155/UDP" || got["metrics"] != "2021/TCP" {
		t.Errorf("ports %v", got)
	}
	memory(t, "helm", at(t, container, "resources", "limits", "memory").(string), read(t, "test/deploy/testdata/helm.yaml"))
}

// chowned checks that a container gives the state to the user that Fluent Bit runs as.
func chowned(t *testing.T, container any) {
	t.Helper()
	command := at(t, container, "command").([]any)
	if len(command) != 3 || command[1] != nonroot+":"+nonroot || command[2] != stateDir ||
		at(t, container, "volumeMounts", 0, "mountPath") != stateDir {
		t.Errorf("init container %v", container)
	}
}

// The keys of the chart that its values may set: its values.yaml as of 0.58.1.
var chartKeys = strings.Fields(`kind replicaCount image testFramework imagePullSecrets nameOverride fullnameOverride
	serviceAccount rbac podSecurityPolicy openShift podSecurityContext hostNetwork dnsPolicy dnsConfig hostAliases
	securityContext service serviceMonitor prometheusRule dashboards lifecycle livenessProbe readinessProbe resources
	ingress autoscaling podDisruptionBudget nodeSelector tolerations affinity labels annotations podAnnotations podLabels
	minReadySeconds terminationGracePeriodSeconds priorityClassName env envWithTpl envFrom extraContainers flush
	metricsPort extraPorts extraVolumes extraVolumeMounts updateStrategy existingConfigMap networkPolicy luaScripts
	config volumeMounts daemonSetVolumes daemonSetVolumeMounts command args initContainers logLevel hotReload`)

func TestChartValues(t *testing.T) {
	values := documents(t, "deploy/kubernetes/values.yaml")[0]
	for key := range values.(map[string]any) {
		if !slices.Contains(chartKeys, key) {
			t.Errorf("the chart has no %q", key)
		}
	}
	for key := range at(t, values, "config").(map[string]any) {
		if !slices.Contains([]string{"service", "inputs", "filters", "outputs", "customParsers", "extraFiles"}, key) {
			t.Errorf("the chart has no config.%s", key)
		}
	}
	if text := read(t, "deploy/kubernetes/values.yaml"); strings.Contains(text, "{{") {
		t.Error("the chart would take {{ for a template")
	}
	plugin := at(t, values, "initContainers", 0)
	if at(t, plugin, "image") != "msa-plugin:"+alert.Version {
		t.Errorf("image %v", at(t, plugin, "image"))
	}
	volumes := at(t, values, "extraVolumes")
	from := mounts(t, at(t, plugin, "volumeMounts"), volumes)
	to := mounts(t, at(t, values, "extraVolumeMounts"), volumes)
	if at(t, plugin, "command", 1) != pluginPath || at(t, plugin, "command", 2) != "/plugin/" ||
		from["/plugin"] == "" || from["/plugin"] != to[path.Dir(pluginPath)] {
		t.Errorf("the plugin is copied to %v and mounted at %v", from, to)
	}
	if to[stateDir] == "" {
		t.Errorf("mounts %v", to)
	}
	chowned(t, at(t, values, "initContainers", 1))
	if !slices.Contains(at(t, values, "args").([]any), any("--plugin="+pluginPath)) {
		t.Errorf("args %v", at(t, values, "args"))
	}
	if got := ports(t, at(t, values, "extraPorts")); got["nano"] != "15155/UDP" || got["metrics"] != "2021/TCP" {
		t.Errorf("ports %v", got)
	}
	unprivileged(t, at(t, values, "securityContext"))
	unprivileged(t, at(t, plugin, "securityContext"))
	memory(t, "chart", at(t, values, "resources", "limits", "memory").(string), read(t, "deploy/kubernetes/values.yaml"))
}

// The packages have what there is, and where the units and the plugins file expect it.
func TestPackages(t *testing.T) {
	all := map[string]string{}
	for _, c := range at(t, documents(t, "deploy/nfpm.yaml")[0], "contents").([]any) {
		source := at(t, c, "src").(string)
		all[at(t, c, "dst").(string)] = source
		if c.(map[string]any)["type"] == "symlink" {
			continue
		}
		name, staged := strings.CutPrefix(source, "${STAGE}/")
		if expand := c.(map[string]any)["expand"] == true; expand != staged {
			t.Errorf("%s: expand is %v", source, expand)
		}
		if built := []string{"flb-filter_msa.so", "msa", "sbom.cdx.json", "documents/", "man/", "completions/msa.bash", "completions/msa.fish", "completions/msa.zsh"}; slices.Contains(built, name) {
			continue // they are
		}
		if _, err := os.Stat(filepath.Join(rig.Root(), name)); err != nil {
			t.Error(err)
		}
	}
	for to, from := range map[string]string{
		pluginPath: "${STAGE}/flb-filter_msa.so", outputPath: path.Base(pluginPath), pluginsTxt: "deploy/fluent-bit/plugins.conf", "/usr/bin/msa": "${STAGE}/msa",
		"/usr/lib/systemd/system/msa.service":          "deploy/systemd/msa.service",
		"/etc/default/msa":                             "deploy/systemd/msa.default",
		"/usr/share/msa/fluent-bit.service.d/msa.conf": "deploy/systemd/msa.conf",
		"/usr/share/doc/msa/copyright":                 "LICENSE", "/usr/share/licenses/msa/LICENSE": "LICENSE",
		"/usr/share/doc/msa/": "${STAGE}/documents/", "/usr/share/man/man1/": "${STAGE}/man/",
		"/usr/share/bash-completion/completions/msa": "${STAGE}/completions/msa.bash", "/usr/share/fish/vendor_completions.d/msa.fish": "${STAGE}/completions/msa.fish",
		"/usr/share/zsh/vendor-completions/_msa": "${STAGE}/completions/msa.zsh", "/usr/share/zsh/site-functions/_msa": "${STAGE}/completions/msa.zsh",
	} {
		if all[to] != from {
			t.Errorf("%s is %q", to, all[to])
		}
	}
	bound := regexp.MustCompile(`\nbound=(\S+)\n`).FindStringSubmatch(read(t, "deploy/glibc.sh"))
	if bound == nil {
		t.Fatal("no bound in glibc.sh")
	}
	for _, format := range []string{"libc6 (>= %)", "glibc >= %"} {
		if want := strings.ReplaceAll(format, "%", bound[1]); !strings.Contains(read(t, "deploy/nfpm.yaml"), `"`+want+`"`) {
			t.Errorf("no package depends on %s", want)
		}
	}
}

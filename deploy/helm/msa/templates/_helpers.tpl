{{- define "msa.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 63 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "msa.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "msa.labels" -}}
{{ include "msa.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "msa.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ default (include "msa.fullname" .) .Values.serviceAccount.name }}{{ else }}{{ default "default" .Values.serviceAccount.name }}{{ end }}
{{- end }}

{{- define "msa.hasWorkloads" -}}
{{- if or .Values.workloads.table .Values.workloads.existingConfigMap .Values.workloads.kubernetes.enabled }}true{{ end }}
{{- end }}

{{- define "msa.image" -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}

{{- /* A container that writes the table of workloads: at first once, so that the filter finds it, and then as pods come and go. */ -}}
{{- define "msa.writesWorkloads" -}}
image: {{ include "msa.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
command: [/usr/bin/msa, workloads, --output=/etc/msa/workloads/workloads.csv{{ if .once }}, --once{{ end }}]
env:
  - name: GOMEMLIMIT
    value: {{ .root.Values.workloads.kubernetes.goMemoryLimit }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
resources: {{- toYaml .root.Values.workloads.kubernetes.resources | nindent 2 }}
volumeMounts:
  - name: workloads
    mountPath: /etc/msa/workloads
  - name: api
    mountPath: /var/run/secrets/kubernetes.io/serviceaccount
    readOnly: true
{{- end }}

{{- /* A filter msa: what differs between them is given as match, mapping and state. */ -}}
{{- define "msa.filter" -}}
- name: msa
  match: {{ .match }}
  mapping: {{ .mapping }}
  alert_tag: msa.alert
  incident_tag: msa.incident
  state_path: /var/lib/msa/{{ .state }}
  {{- if include "msa.hasWorkloads" .root }}
  workloads: /etc/msa/workloads/workloads.csv
  {{- end }}
  {{- range $name, $value := .root.Values.filter }}
  {{ $name }}: {{ $value | quote }}
  {{- end }}
{{- end }}

{{- /* How an output syslog reaches the receiver. */ -}}
{{- define "msa.syslog" -}}
host: ${MSA_SYSLOG_HOST}
port: {{ .Values.syslog.port }}
mode: {{ .Values.syslog.mode }}
{{- with .Values.syslog.tls }}
{{- if .enabled }}
tls: on
tls.verify: {{ ternary "on" "off" .verify }}
{{- if .secretName }}
tls.ca_file: /etc/msa/tls/ca.crt
{{- if .clientCertificate }}
tls.crt_file: /etc/msa/tls/tls.crt
tls.key_file: /etc/msa/tls/tls.key
{{- end }}
{{- end }}
{{- end }}
{{- end }}
syslog_format: rfc5424
syslog_maxsize: 60000
syslog_message_key: log
syslog_severity_key: severity
retry_limit: no_limits
{{- end }}

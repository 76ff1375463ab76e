{{- define "loki.selector" -}}
app.kubernetes.io/name: loki
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "loki.labels" -}}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
app.kubernetes.io/version: {{ include "loki.tag" . | quote }}
{{ include "loki.selector" . }}
{{- end }}

{{- define "loki.tag" -}}
{{ .Values.loki.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- /* Host name of one of the release's Services: (list . "-gateway"), or (list . "") for Loki's own. */ -}}
{{- define "loki.host" -}}
{{ $root := index . 0 }}{{ $root.Release.Name }}{{ index . 1 }}.{{ $root.Release.Namespace }}.svc.cluster.local
{{- end }}

{{- /* Of (list $ COMPONENT). */ -}}
{{- define "airflow.labels" -}}
tier: airflow
component: {{ index . 1 }}
release: {{ (index . 0).Release.Name }}
{{- end }}

{{- define "airflow.config" -}}
[logging]
{{- range $key, $value := .Values.config.logging }}
{{ $key }} = {{ $value }}
{{- end }}
{{- end }}

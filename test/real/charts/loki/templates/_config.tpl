{{- /* Loki's config.yaml. Sections come from the values as they are: Loki itself refuses what it does not know. */ -}}
{{- define "loki.config" -}}
{{- $loki := .Values.loki -}}
{{- $s3 := $loki.storage.s3 -}}
auth_enabled: {{ toYaml $loki.auth_enabled }}
common:
  {{- $compactor := printf "%s:9095" (include "loki.host" (list . "")) }}
  {{- merge (deepCopy $loki.commonConfig) (dict "compactor_grpc_address" $compactor) | toYaml | nindent 2 }}
  storage:
    {{- if eq $loki.storage.type "s3" }}
    s3:
      bucketnames: {{ required "Please define loki.storage.bucketNames.chunks" ($loki.storage.bucketNames).chunks }}
      endpoint: {{ toYaml $s3.endpoint }}
      region: {{ toYaml $s3.region }}
      s3forcepathstyle: {{ toYaml $s3.s3ForcePathStyle }}
      insecure: {{ toYaml $s3.insecure }}
    {{- else }}
    filesystem: {chunks_directory: /var/loki/chunks, rules_directory: /var/loki/rules}
    {{- end }}
memberlist:
  join_members: [{{ include "loki.host" (list . "-memberlist") }}]
runtime_config:
  file: /etc/loki/runtime-config/runtime-config.yaml
schema_config: {{- toYaml $loki.schemaConfig | nindent 2 }}
ruler: {{- toYaml $loki.rulerConfig | nindent 2 }}
{{- range $section := list "server" "limits_config" "ingester" "compactor" "storage_config" "pattern_ingester" "frontend" "frontend_worker" "analytics" }}
{{- with index $loki $section }}
{{ $section }}: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- with .Values.chunksCache }}{{ if .enabled }}
chunk_store_config:
  chunk_cache_config:
    default_validity: {{ .defaultValidity }}
    memcached: {batch_size: 4, parallelism: 5}
    memcached_client:
      {{- include "loki.memcached" (list $ "chunks" .timeout) | nindent 6 }}
{{- end }}{{ end }}
query_range:
  {{- toYaml $loki.query_range | nindent 2 }}
  {{- with .Values.resultsCache }}{{ if .enabled }}
  cache_results: true
  results_cache:
    cache:
      default_validity: {{ .defaultValidity }}
      memcached_client:
        {{- include "loki.memcached" (list $ "results" .timeout) | nindent 8 }}
  {{- end }}{{ end }}
{{- end }}

{{- define "loki.memcached" -}}
{{- $root := index . 0 -}}
{{- /* Upstream asks a DNS for its SRV record: dnssrvnoa+_memcached-client._tcp.NAME. */}}
addresses: dns+{{ $root.Release.Name }}-{{ index . 1 }}-cache.{{ $root.Release.Namespace }}.svc:11211
consistent_hash: true
timeout: {{ index . 2 }}
{{- end }}

/** The query library: every query of it is run by a check before it is called done. */
export const QUERIES = [
  { title: 'Everything of one namespace', query: '{namespace="monitoring"}' },
  { title: 'One pod', query: '{namespace="monitoring", pod=~"loki-0"}' },
  { title: 'Lines that mention an error', query: '{namespace=~".+"} |= "error"' },
  { title: 'Lines without the noise of probes', query: '{namespace="monitoring"} != "GET /healthz"' },
  { title: 'Ends of Airflow tasks', query: '{namespace="airflow"} |= "Marking task as"' },
] as const;

/** Explore with the query already in it (https://grafana.com/docs/grafana/latest/explore/get-started-with-explore/#generate-explore-urls-from-external-tools). */
export function exploreLink(query: string): string {
  const panes = { logs: { datasource: 'loki', queries: [{ refId: 'A', expr: query }], range: { from: 'now-1h', to: 'now' } } };
  return `/explore?schemaVersion=1&panes=${encodeURIComponent(JSON.stringify(panes))}`;
}

export function libraryDocument(): string {
  const sections = QUERIES.map(
    ({ title, query }) => `## ${title}\n\n\`\`\`logql\n${query}\n\`\`\`\n\n[Open in Grafana's Explore](${exploreLink(query)})\n`,
  );
  return `# Queries\n\nEach of them was run against this Loki when the document was made. A selector needs at least one matcher that can't be empty:\n\`{namespace=~".+"}\` is accepted, \`{namespace!="x"}\` alone is not.\n\n${sections.join('\n')}`;
}

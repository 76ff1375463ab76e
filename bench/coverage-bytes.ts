const [server = ''] = process.argv.slice(2);
const started = performance.now();
for (let next: string | undefined = '0'; next !== undefined; ) {
  const page: { metadata: { continue?: string } } = JSON.parse(await ask(`/api/v1/pods?limit=250&continue=${next}`));
  next = page.metadata.continue;
}
for (let namespace = 0; namespace < 200; namespace += 1) {
  const query = new URLSearchParams({ query: `{namespace="namespace-${namespace}"}` });
  JSON.parse(await ask(`/api/v1/namespaces/monitoring/services/loki:3100/proxy/loki/api/v1/label/pod/values?${query}`));
}
const milliseconds = performance.now() - started;
process.send?.({ milliseconds, memory: Math.round(process.resourceUsage().maxRSS / 1024), saw: '' }, () => process.exit());

async function ask(path: string): Promise<string> {
  return (await fetch(`${server}${path}`)).text();
}

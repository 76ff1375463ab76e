import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { SCRAPE_INTERVAL } from '#checks/history.ts';
import type { Environment } from '#model/environment.ts';
import { lokiValues } from '#phases/2-loki/values.ts';
import { alloyConfig } from '#phases/3-alloy/config.ts';
import { alloyValues } from '#phases/3-alloy/manifests.ts';
import { recordingRules } from '#phases/5-migration/manifests.ts';
import { mergeValues } from '#phases/repository.ts';
import { ENVIRONMENTS, environmentWith } from './environments.ts';

const VERIFIED = '../shared/domain/verified';
const why = existsSync(VERIFIED) ? '' : ` (skipped: ${VERIFIED} is missing here)`;
const verified = (name: string) => readFileSync(`${VERIFIED}/${name}`, 'utf8');
const { homelab } = ENVIRONMENTS;

describe.skipIf(why !== '')(`against what was rendered and run${why}`, () => {
  it("Loki's values are those, in every key", () => {
    const bucket = { ...homelab.storage.bucket, name: 'loki-chunks' };
    const environment: Environment = {
      ...homelab,
      loki: { ...homelab.loki, retention: '168h' },
      storage: { ...homelab.storage, bucket },
    };
    expect(lokiValues(environment)).toMatchObject(parse(verified('loki-values.yaml')));
  });

  it("Alloy's values are those", () => {
    expect(alloyValues(homelab)).toEqual(parse(verified('alloy-values.yaml')));
  });

  it("Alloy's configuration is that, but for comments and spaces", () => {
    expect(bare(alloyConfig(homelab))).toBe(bare(verified('config.alloy')));
  });

  it('the recording rules are those', () => {
    const [ours] = Object.values(recordingRules(homelab)).map((text) => parse(text));
    const theirs = parse(verified('recording-rules.yaml'));
    expect({ ...ours, data: null }).toEqual({ ...theirs, data: null });
    expect(parse(ours.data['recording-rules.yaml'])).toEqual(parse(theirs.data['recording-rules.yaml']));
  });
});

describe("Loki's values", () => {
  it('name the goals: bucket, endpoint, retention, memory, Secret', () => {
    const values = lokiValues(ENVIRONMENTS['existing bucket and Secret']);
    expect(values).toMatchObject({
      loki: { storage: { bucketNames: { chunks: 'ours' } }, limits_config: { retention_period: '30d' } },
      singleBinary: { extraEnv: [{ valueFrom: { secretKeyRef: { name: 'ours-credentials', key: 'access_key_id' } } }, {}] },
    });
    expect(lokiValues(ENVIRONMENTS['other names'])).toMatchObject({ singleBinary: { resources: { limits: { memory: '3G' } } } });
  });

  it('name a store outside of the cluster as it is asked from here', () => {
    const amazon = environmentWith({ storage: { endpoint: 'https://s3.eu-central-1.amazonaws.com' } });
    expect(lokiValues(amazon)).toMatchObject({
      loki: {
        storage: {
          s3: { endpoint: 'https://s3.eu-central-1.amazonaws.com', region: 'eu-central-1', s3ForcePathStyle: false, insecure: false },
        },
      },
    });
    const other = environmentWith({ storage: { endpoint: 'http://10.0.0.5:9000', region: 'lab' } });
    expect(lokiValues(other)).toMatchObject({ loki: { storage: { s3: { region: 'lab', s3ForcePathStyle: true, insecure: true } } } });
  });

  it('write nothing to a Prometheus that is not there', () => {
    const values = lokiValues(ENVIRONMENTS['no Prometheus']) as { loki: { rulerConfig: object }; monitoring: Record<string, unknown> };
    expect(values.loki.rulerConfig).not.toHaveProperty('remote_write');
    expect(values.monitoring).toMatchObject({ serviceMonitor: { enabled: false }, rules: { enabled: false }, alerts: { enabled: false } });
  });

  it('are scraped as often as the soak counts', () => {
    expect(lokiValues(homelab)).toMatchObject({ monitoring: { serviceMonitor: { interval: SCRAPE_INTERVAL } } });
  });

  it('end with what the user wants, as Helm merges it', () => {
    const values = lokiValues(
      environmentWith({ loki: { values: { gateway: { replicas: 2 }, rbac: null, lokiCanary: { tolerations: [] } } } }),
    );
    expect(values).toMatchObject({ gateway: { replicas: 2, resources: {} }, rbac: null, lokiCanary: { push: true, tolerations: [] } });
  });

  it('are merged without touching either side', () => {
    const base = { a: { b: 1, c: [1] } };
    expect(mergeValues(base, { a: { c: [2], d: null } })).toEqual({ a: { b: 1, c: [2], d: null } });
    expect(base).toEqual({ a: { b: 1, c: [1] } });
  });
});

describe("Alloy's configuration", () => {
  it.each(Object.entries(ENVIRONMENTS))("holds nothing that Helm's tpl or Flux' postBuild takes: %s", (_, environment) => {
    expect(alloyConfig(environment)).not.toMatch(/\{\{|\}\}|\$\{|\$[a-zA-Z_]|\$\d_/);
  });

  it("tails its own node's pods only", () => {
    expect(alloyConfig(homelab)).toContain('field = "spec.nodeName=" + coalesce(sys.env("HOSTNAME"), constants.hostname)');
  });

  it('leaves out namespaces, by whole name, and limits the rate', () => {
    const config = alloyConfig(ENVIRONMENTS['other names']);
    expect(bare(config)).toContain('source_labels=["__meta_kubernetes_namespace"] regex="kube-system|default" action="drop"');
    expect(bare(config)).toContain('stage.limit { rate=50 burst=200');
    expect(config).toContain('http://loki-gateway.logging.svc.cluster.local/loki/api/v1/push');
  });
});

/** Without comments; spaces count once, and none around the signs. */
function bare(config: string): string {
  return config
    .split('\n')
    .filter((line) => !line.trim().startsWith('//'))
    .join(' ')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?= ?/g, '=')
    .trim();
}

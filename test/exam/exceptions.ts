import type { Tampering } from './front.ts';
import { STALE } from './report.ts';

interface Exception {
  readonly check: RegExp;
  readonly target: RegExp;
  readonly how: readonly Tampering[];
  /** Why a check may be met although this is what it read. */
  readonly why: string;
}

/** What looks as if it could not be read, and is an answer to those who ask. */
const EXCEPTIONS: readonly Exception[] = [
  {
    check: /^s3\.wrong-secret-refused$/,
    target: /^service storage\//,
    how: ['403'],
    why: 'a refusal is what it asks for',
  },
  {
    check: /^flux\..*-one-owner$/,
    target: /^kustomizations$/,
    how: ['404'],
    why: 'a kind that is not served has no objects: nobody else owns ours (flux.*-applied is red then)',
  },
  {
    check: /\.no-restarts$/,
    target: /^helmreleases$/,
    how: ['404'],
    why: 'without a release all that the pods went through counts (*.release-ready is red then)',
  },
  {
    check: /^handoff\.capacity$/,
    target: /^cephclusters$/,
    how: ['404'],
    why: 'it says that it does not know for how long there is room (ceph.healthy is red then)',
  },
  {
    check: /^(loki|alloy)\.scraped$/,
    target: /^servicemonitors$/,
    how: ['404'],
    why: 'Prometheus itself says that it scrapes: the ServiceMonitor is read to tell why it does not',
  },
  {
    check: /^prometheus\.rules-loaded$/,
    target: /^prometheusrules$/,
    how: ['404'],
    why: 'Prometheus itself says which rules it has loaded: the PrometheusRules are read to tell why it has not',
  },
  {
    check: /^loki\.(wal-has-room|nothing-discarded|writes-succeed|flushes-succeed|remote-write-succeeds)$/,
    target: /^service monitoring\/kube-prometheus-stack-prometheus$/,
    how: ['403', '404', '500'],
    why: "the history only excuses what a counter of Loki's has counted long ago: without it all of it counts",
  },
];

/** Why a check may be met on such an answer; undefined: it may not. */
export function findException(check: string, target: string, how: Tampering): string | undefined {
  if (how === 'stale') return STALE;
  return EXCEPTIONS.find((each) => each.check.test(check) && each.target.test(target) && each.how.includes(how))?.why;
}

import type { Tampering } from './front.ts';

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
];

/** Why a check may be met on such an answer; undefined: it may not. */
export function findException(check: string, target: string, how: Tampering): string | undefined {
  if (how === 'stale') return 'an old answer can be read: it is found out where a marked line or a time stands in it';
  return EXCEPTIONS.find((each) => each.check.test(check) && each.target.test(target) && each.how.includes(how))?.why;
}

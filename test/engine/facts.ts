import type { Change } from '#model/change.ts';
import type { Check } from '#model/check.ts';
import type { Measurement } from '#model/initiative.ts';
import { scopeOf } from '#model/kubernetes.ts';
import type { Read } from '#model/read.ts';
import { failed, met, pending } from '#model/verdict.ts';

const KIND = { apiVersion: 'v1', kind: 'ConfigMap' } as const;

export function readFact(name: string, watched = false): Read<string | undefined> {
  const scope = scopeOf(KIND);
  return {
    subject: `fact ${name}`,
    request: { of: 'object', ref: { ...KIND, name } },
    permissions: [{ verb: 'get', group: '', resource: 'configmaps', name }],
    ...(watched ? { wakes: scope } : {}),
    decode: (answer) => (answer.of === 'object' ? (answer.object?.value as string | undefined) : undefined),
  };
}

/** Met when the fact has the value; for good not when it is "broken". */
export function checkFact(name: string, value = 'up', rest: Partial<Check> = {}): Check {
  return {
    id: name,
    title: `${name} is ${value}`,
    holds: 'always',
    reads: { seen: readFact(name) },
    judge: ({ seen }) => {
      if (seen === value) return met(`${name}: ${seen}`);
      const say = seen === 'broken' ? failed : pending;
      return say(`${name}: ${seen ?? 'absent'}`, [`it is not ${value}`], `make ${name} ${value}`);
    },
    ...rest,
  };
}

/** Reached when the fact is there and not "low"; "odd" says nothing. */
export function measureFact(name: string): Measurement {
  return {
    reads: { seen: readFact(name) },
    measure: ({ seen }) =>
      seen === 'odd' ? { untold: 'too few samples' } : { value: String(seen), reached: seen !== 'low', sample: '3 pods', interval: 'now' },
  };
}

export function put(name: string, value = 'up'): Change {
  return { do: 'apply', object: { ...KIND, metadata: { name }, value } };
}

export function remove(name: string): Change {
  return { do: 'remove', object: { ...KIND, name } };
}

export function commit(files: Readonly<Record<string, string>>): Change {
  return { do: 'commit', files, why: `write ${Object.keys(files).join(', ')}` };
}

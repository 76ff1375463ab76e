import * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import { nameOf, type ObjectRef } from '#model/kubernetes.ts';
import { met, pending } from '#model/verdict.ts';
import { readObject } from './reads.ts';

const Anything = v.looseObject({
  metadata: v.looseObject({ deletionTimestamp: v.optional(v.string()), finalizers: v.optional(v.array(v.string()), []) }),
});

/** Flux has pruned what left Git, and whatever had to tidy up after it has done so. */
export const objectsAreGone = (id: string, objects: readonly ObjectRef[]): Check =>
  check({
    id,
    title: `What was committed is gone: ${objects.map(nameOf).join(', ')}`,
    holds: 'always',
    reads: Object.fromEntries(objects.map((object) => [nameOf(object), readObject(object, Anything)])),
    judge: (seen) => {
      const left = objects.flatMap((object) => {
        const found = seen[nameOf(object)];
        return found === undefined ? [] : [{ name: nameOf(object), object, found }];
      });
      const [first] = left;
      if (first === undefined) return met(`${objects.length} objects, none of them there`);
      const { kind, apiVersion, namespace, name } = first.object;
      const group = apiVersion.includes('/') ? `.${apiVersion.slice(0, apiVersion.indexOf('/'))}` : '';
      return pending(
        `${left.map((each) => each.name).join(', ')} ${left.length === 1 ? 'is' : 'are'} still there`,
        left.map(({ name: which, found: { metadata } }) =>
          metadata.deletionTimestamp === undefined
            ? `${which} is not being deleted: Flux has not applied the newest commit, or does not prune it`
            : `${which} is being deleted since ${metadata.deletionTimestamp}, which waits for ${metadata.finalizers.join(', ') || 'its end'}`,
        ),
        `flux get kustomizations -A tells whether Flux has applied it; kubectl describe ${kind.toLowerCase()}${group} -n ${namespace} ${name}`,
      );
    },
  });

import { knownKinds } from '#model/kubernetes.ts';

/** Of a kind that the product knows. @throws Error for another */
export function apiVersionOf(kind: string): string {
  const known = knownKinds().find((each) => each.kind === kind);
  if (known === undefined) throw new Error(`kind ${kind} is not among those of src/model/kubernetes.ts`);
  return known.apiVersion;
}

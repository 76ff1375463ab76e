import type { Manifest } from '#model/kubernetes.ts';
import { specOf, type Tree } from '../../tree.ts';
import type { Store } from '../../world.ts';
import { definitionOf, type Kind } from '../kinds.ts';
import { BUILT_IN } from './built-in.ts';
import { type Column, formatAge, NAME, text } from './column.ts';

/** What a client accepts that wants to print: kubectl. */
const WANTED = /application\/json;as=Table;(v=v1;g=meta\.k8s\.io|g=meta\.k8s\.io;v=v1)(,|$)/;

/** Of a built-in kind that has no columns of its own. */
const PLAIN = [NAME, { ...text('Created At', ({ metadata }) => metadata.creationTimestamp ?? null), type: 'date' }];
const CREATED = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

/** An object or a list of a kind, as the client wants it. */
export type Present = (given: object) => object;

export interface TableRequest {
  readonly kind: Kind;
  readonly query: URLSearchParams;
  readonly accept: string;
  now(): Date;
}

/** Makes Tables of what is given where the client asks for them; columns are told once, as a watch does. */
export function presenter(store: Store, { kind, query, accept, now }: TableRequest): Present {
  if (!WANTED.test(accept)) return (given) => given;
  const columns = columnsOf(store, kind);
  let isTold = false;
  return (given) => {
    const { items, metadata, ...rest } = given as Tree;
    const objects: readonly Manifest[] = items ?? [{ ...rest, metadata }];
    const columnDefinitions = isTold ? null : columns.map(describe);
    isTold = true;
    const { resourceVersion, continue: next, remainingItemCount } = metadata;
    return {
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion, continue: next, remainingItemCount },
      columnDefinitions,
      rows: objects.map((object) => {
        const cells = columns.map(({ cell }) => cell(object, now()));
        return { cells, object: include(query.get('includeObject'), kind, object) };
      }),
    };
  };
}

function columnsOf(store: Store, kind: Kind): readonly Column[] {
  if (kind.builtIn) return BUILT_IN[kind.resource] ?? PLAIN;
  const versions: Tree[] = specOf(store.get(definitionOf(kind))).versions ?? [];
  const version = versions.find(({ name }) => kind.apiVersion === `${kind.group}/${name}`);
  return [NAME, ...(version?.additionalPrinterColumns ?? [CREATED]).map(customColumn)];
}

/** A column that a CustomResourceDefinition asks for. */
function customColumn({ name, type, priority = 0, jsonPath }: Tree): Column {
  const steps = stepsOf(jsonPath);
  return {
    name,
    type,
    priority,
    cell(object, now) {
      const value = steps.reduce((found, step) => step(found), object as Tree) ?? null;
      if (value === null) return null;
      if (type === 'date') return formatAge(value, now);
      return type === 'string' && typeof value !== 'string' ? JSON.stringify(value) : value;
    },
  };
}

/** The JSONPath that columns are written in: .field and [?(@.field=="value")]. */
function stepsOf(jsonPath: string): readonly ((value: Tree) => Tree)[] {
  const steps = jsonPath.matchAll(/\.([\w-]+)|\[\?\(@\.(\w+)\s*==\s*["'](\w+)["']\)\]/g);
  return [...steps].map(([, field, key = '', wanted]) =>
    field === undefined ? (list: Tree) => list?.find((each: Tree) => each[key] === wanted) : (value: Tree) => value?.[field],
  );
}

function describe({ name, type, format, priority = 0 }: Column): object {
  return { name, type, format: format ?? '', description: '', priority };
}

function include(wanted: string | null, { apiVersion, kind }: Kind, object: Manifest): object | null {
  if (wanted === 'None') return null;
  if (wanted === 'Object') return { ...object, apiVersion, kind };
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}

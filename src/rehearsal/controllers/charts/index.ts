import type { Manifest } from '#model/kubernetes.ts';
import type { Tree } from '../../tree.ts';
import { renderAirflow } from './airflow.ts';
import { renderAlloy } from './alloy.ts';
import { renderLoki } from './loki.ts';

/** A chart as a snapshot: its objects for a release name, a namespace and values, or Helm's words when it does not render. */
export type Render = (release: string, namespace: string, values: Tree) => readonly Manifest[] | string;

export const CHARTS: Readonly<Record<string, Render>> = { loki: renderLoki, alloy: renderAlloy, airflow: renderAirflow };

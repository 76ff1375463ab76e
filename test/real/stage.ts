import type { PartName } from './cluster.ts';
import type { Lab } from './homelab.ts';

/** One cluster, from nothing, for the tests that share it. */
export interface Session {
  readonly name: string;
  /** What vitest is to run. */
  readonly tests: readonly string[];
  /** Whether Prometheus, Grafana, Airflow and the stand-ins are wanted, too. */
  readonly homelab: 'platform' | 'whole';
  readonly lab: Lab;
  /** Whether Loki, memcached, nginx and Prometheus are real processes behind their pods; else kwok plays these, too. */
  readonly processes: boolean;
  /** Whether Prometheus has seven quiet days behind it. */
  readonly history: boolean;
  /** Whether somebody outside of the namespace is to reach it. */
  readonly relay: boolean;
}

/** What launch.ts hands to inside.ts. */
export interface Stage {
  readonly directory: string;
  readonly files: Partial<Record<PartName, string>>;
  /** Tree of Debian's packages. */
  readonly debian: string | undefined;
  readonly definitions: readonly string[];
  readonly missing: Partial<Record<PartName, string>>;
  readonly session: Session;
  /** To run once the cluster is up; what it exits with is the end. */
  readonly command: readonly string[];
}

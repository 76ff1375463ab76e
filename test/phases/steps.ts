import type { Commit, Derive, Step } from '#model/change.ts';
import { type Check, isGate, isProbe, type Probe, type Validation } from '#model/check.ts';
import type { Environment } from '#model/environment.ts';
import type { Objective } from '#model/phase.ts';
import phases from '#phases/index.ts';

/** The objectives that apply, in the order in which they are run. */
export function objectivesOf(environment: Environment): readonly Objective[] {
  return phases.flatMap((phase) => phase.for(environment).objectives).filter(({ skipped }) => skipped === undefined);
}

export function validationsOf({ deliverables, steps = [] }: Objective): readonly Validation[] {
  const awaited = steps.flatMap((step) => (step.do === 'await' ? [step.what] : []));
  const delivered = deliverables.filter(({ skipped }) => skipped === undefined).flatMap(({ validations }) => validations);
  return [...awaited, ...delivered];
}

/** Probes as well, and what a soak wants quiet: whatever is judged. */
export function judgedIn(objective: Objective): readonly (Check | Probe)[] {
  return validationsOf(objective).flatMap((validation): readonly (Check | Probe)[] => {
    if (!isGate(validation)) return [validation];
    return validation.gate === 'soak' ? [...validation.quiet, ...(validation.atEnd ?? [])] : [];
  });
}

export function readsOf(judged: Check | Probe): Check['reads'] {
  return isProbe(judged) ? judged.with('mark').reads : judged.reads;
}

/** What all phases commit, by path; documents that describe the cluster as observed are left out. */
export function filesOf(environment: Environment): ReadonlyMap<string, string> {
  const commits = objectivesOf(environment).flatMap(({ steps = [] }) => steps.filter(isCommit));
  return new Map(commits.flatMap(({ files }) => Object.entries(files)).flatMap(([path, text]) => (text === null ? [] : [[path, text]])));
}

export function derivations({ steps = [] }: Objective): readonly Derive[] {
  return steps.filter((step) => step.do === 'derive');
}

function isCommit(step: Step): step is Commit {
  return step.do === 'commit';
}

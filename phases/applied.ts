import { kustomizationIsApplied } from '#checks/flux.ts';
import type { Check } from '#model/check.ts';
import type { Environment } from '#model/environment.ts';
import type { App } from './repository.ts';

/** "flux.loki-applied": Flux has applied the newest commit of this app. */
export function isApplied({ name, kustomization }: App, { gitops }: Environment): Check {
  return kustomizationIsApplied(`flux.${name}-applied`, kustomization, gitops);
}

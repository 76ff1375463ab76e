import { readFileSync } from 'node:fs';
import { systemClock } from '#adapters/clock.ts';
import { connect } from '#adapters/kubernetes/connect.ts';
import { createObserver } from '#adapters/observer.ts';
import { everyPodHasLogs } from '#checks/loki-coverage.ts';
import { judgeCheck, lookOnce } from '#engine/judge.ts';
import { resolveEnvironment } from '#goals/environment.ts';
import { loadGoals } from '#goals/load.ts';

const [kubeconfig = ''] = process.argv.slice(2);
const { environment } = resolveEnvironment(loadGoals(readFileSync('goals/goals.json', 'utf8'), 'goals/goals.json'));
const clock = systemClock();
const observer = createObserver({ kubernetes: await connect({ kubeconfig }), clock });
const started = performance.now();
const { saw } = await judgeCheck(everyPodHasLogs(environment), lookOnce(observer, new AbortController().signal), clock.now());
const milliseconds = performance.now() - started;
process.send?.({ milliseconds, memory: Math.round(process.resourceUsage().maxRSS / 1024), saw: saw.slice(0, 80) }, () => process.exit());

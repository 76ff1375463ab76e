import { type ServiceRef, serviceName } from '#model/kubernetes.ts';
import { failed, pending, type Verdict } from '#model/verdict.ts';

/** What a service's answer means when it isn't the one hoped for: mostly that it is not up yet, but a refusal doesn't pass by waiting. */
export function notAnswering(what: string, { status, text: body = '', service }: Answered): Verdict {
  const lines = (statusMessage(body) ?? body).split('\n').filter((line) => line.trim() !== '');
  const cause = [lines[0]?.slice(0, 200) ?? 'no text'];
  const saw = `${what}${service === undefined ? '' : ` at ${serviceName(service)}`} answers ${status}`;
  if (status === 400)
    return failed(saw, cause, 'what was asked is refused, which is no empty result: mend the query that the message names');
  if (status === 401 || status === 403)
    return failed(saw, cause, "see what asks for a login there: Grafana's is in the Secret that environment.grafana.login names");
  const pods = service === undefined ? 'kubectl get pods' : `kubectl get pods -n ${service.namespace}`;
  const described = service === undefined ? '' : `; kubectl describe service -n ${service.namespace} ${service.name}`;
  return pending(saw, cause, `see the pods behind it: ${pods}${described}`);
}

interface Answered {
  readonly status: number;
  readonly text?: string;
  readonly service?: ServiceRef;
}

/** The API server itself answers for a service without pods, with a Status object. */
function statusMessage(body: string): string | undefined {
  if (!body.startsWith('{')) return undefined;
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}

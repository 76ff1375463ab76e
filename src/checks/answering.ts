import { type ServiceRef, serviceName } from '#model/kubernetes.ts';
import { failed, pending, type Verdict } from '#model/verdict.ts';

/** What a service's answer means when it isn't the one hoped for: mostly that it is not up yet, but a refusal doesn't pass by waiting. */
export function notAnswering(what: string, { status, text: body = '', service }: Answered): Verdict {
  const lines = (statusMessage(body) ?? body).split('\n').filter((line) => line.trim() !== '');
  const cause = [lines[0]?.slice(0, 200) ?? 'no text'];
  const who = service === undefined ? 'the API server' : serviceName(service);
  const saw = `${what}${service === undefined ? '' : ` at ${who}`} answers ${status}`;
  if (status === 400)
    return failed(
      saw,
      cause,
      `${who} does not take what every version that this tool knows does: see its version, and what stands before it`,
    );
  if (status === 401 || status === 403)
    return failed(saw, cause, "see what asks for a login there: Grafana's is in the Secret that environment.grafana.login names");
  const pods = service === undefined ? 'kubectl get pods' : `kubectl get pods -n ${service.namespace}`;
  const described =
    service === undefined ? '' : `; kubectl describe ${service.pod ? 'pod' : 'service'} -n ${service.namespace} ${service.name}`;
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

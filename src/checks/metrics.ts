/** A value of a metric in Prometheus' text format, without regard to labels; undefined when it is not there. */
export function findMetric(text: string, name: string): number | undefined {
  return valuesOf(text, name)[0];
}

/** The sum over all label sets; 0 when it is not there. */
export function sumMetric(text: string, name: string): number {
  return valuesOf(text, name).reduce((sum, value) => sum + value, 0);
}

export interface MetricSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The samples of a metric with their labels. */
export function samplesIn(text: string, name: string): readonly MetricSample[] {
  return text.split('\n').flatMap((line) => {
    const rest = line.slice(name.length);
    if (!line.startsWith(name) || !/^[\s{]/.test(rest)) return [];
    const end = rest.lastIndexOf('}') + 1;
    const value = Number(rest.slice(end).trim().split(/\s+/)[0]);
    const labels = [...rest.slice(0, end).matchAll(/(\w+)="((?:\\.|[^"\\])*)"/g)].map(([, label, text]) => [label, text]);
    return Number.isNaN(value) ? [] : [{ labels: Object.fromEntries(labels), value }];
  });
}

function valuesOf(text: string, name: string): readonly number[] {
  return samplesIn(text, name).map(({ value }) => value);
}

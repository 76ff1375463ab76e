/** A value of a metric in Prometheus' text format, without regard to labels; undefined when it is not there. */
export function findMetric(text: string, name: string): number | undefined {
  return valuesOf(text, name)[0];
}

/** The sum over all label sets; 0 when it is not there. */
export function sumMetric(text: string, name: string): number {
  return valuesOf(text, name).reduce((sum, value) => sum + value, 0);
}

function valuesOf(text: string, name: string): readonly number[] {
  return text.split('\n').flatMap((line) => {
    if (!line.startsWith(name) || !/^[\s{]/.test(line.slice(name.length))) return [];
    const value = Number(
      line
        .slice(line.lastIndexOf('}') + 1)
        .replace(name, '')
        .trim()
        .split(/\s+/)[0],
    );
    return Number.isNaN(value) ? [] : [value];
  });
}

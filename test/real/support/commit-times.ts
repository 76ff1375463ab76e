import type { Event } from '#model/event.ts';

/** From a commit to the verdict that all of what it brought is there: "2.1: 9.4 s from the commit to the verdict". */
export function commitTimes(events: readonly Event[]): readonly string[] {
  return events.flatMap((event, index) => {
    if (event.type !== 'change.applied' || !event.result.startsWith('committed')) return [];
    const done = events.slice(index).find((each) => each.type === 'check.judged' && each.state === 'met' && /-applied$/.test(each.check));
    if (done === undefined) return [];
    const seconds = (Date.parse(done.time) - Date.parse(event.time)) / 1000;
    return [
      `${event.objective}: ${seconds.toFixed(1)} s from the commit to the verdict (${event.result.replace(/^committed \w+ to \S+ /, '')})`,
    ];
  });
}

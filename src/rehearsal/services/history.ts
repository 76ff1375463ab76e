import { memoryOf } from '../memory.ts';
import type { World } from '../world.ts';
import type { Sample } from './metrics.ts';

/** A metric's course: from a point on it grows evenly until the next point. NaN: it was not there. */
export interface Course {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly points: { at: number; value: number; perSecond: number }[];
}

/** Milliseconds between two samples of a series. */
export const SCRAPE_INTERVAL = 30_000;

const coursesOf = memoryOf(() => new Map<string, Course>());

export function allCourses(world: World): Iterable<Course> {
  return coursesOf(world, 'prometheus').values();
}

/** Notes what is there now; only what went differently than it did so far takes room. Series that are missing end here. */
export function record(world: World, samples: readonly Sample[]): void {
  const now = world.now().getTime();
  const courses = coursesOf(world, 'prometheus');
  const seen = new Set<string>();
  for (const { name, labels = {}, value, perSecond = 0 } of samples) {
    const key = `${name}${JSON.stringify(Object.entries(labels).sort())}`;
    const course = courses.get(key) ?? { name, labels: { __name__: name, ...labels }, points: [] };
    courses.set(key, course);
    seen.add(key);
    const last = course.points.at(-1);
    // Looking twice within a second of a steady counter is no news.
    const expected = valueAt(course, now);
    if (last === undefined || last.perSecond !== perSecond || !(Math.abs(expected - value) <= Math.abs(perSecond) * 2 + 1e-9)) {
      course.points.push({ at: now, value, perSecond });
    }
  }
  for (const [key, course] of courses) {
    if (!seen.has(key) && !Number.isNaN(course.points.at(-1)?.value)) course.points.push({ at: now, value: Number.NaN, perSecond: 0 });
  }
}

/** Nobody looked in this time: all series are missing there, and go on afterwards as they did. Milliseconds. */
export function eraseHistory(world: World, from: number, to: number): void {
  for (const course of coursesOf(world, 'prometheus').values()) {
    const last = course.points.findLast(({ at }) => at <= to);
    if (last === undefined) continue;
    const kept = course.points.filter(({ at }) => at < from || at > to);
    const gap = [
      { at: from, value: Number.NaN, perSecond: 0 },
      { at: to, value: valueAt(course, to), perSecond: last.perSecond },
    ];
    course.points.splice(0, course.points.length, ...[...kept, ...gap].sort((a, b) => a.at - b.at));
  }
}

/** NaN where the series was not there. */
export function valueAt({ points }: Course, at: number): number {
  const point = points.findLast((each) => each.at <= at);
  return point === undefined ? Number.NaN : point.value + (point.perSecond * (at - point.at)) / 1000;
}

/** The samples that Prometheus would have of a time: at every scrape, those where the series was there. */
export function samplesBetween(course: Course, from: number, to: number): number[] {
  const samples: number[] = [];
  const first = course.points[0]?.at ?? to;
  let index = 0;
  for (let at = first + Math.max(0, Math.ceil((from - first) / SCRAPE_INTERVAL)) * SCRAPE_INTERVAL; at <= to; at += SCRAPE_INTERVAL) {
    while ((course.points[index + 1]?.at ?? Number.POSITIVE_INFINITY) <= at) index += 1;
    const { value, perSecond, at: since } = course.points[index] as Course['points'][number];
    if (!Number.isNaN(value)) samples.push(value + (perSecond * (at - since)) / 1000);
  }
  return samples;
}

// Preloaded into the built program (`node --import kill-at.js bin/run.js …`), so that the product needs no hook for it.
// It tells by CRASH_RECORD, a file, what the program does to the world outside, in its order; and at the point in CRASH_AT, as JSON
// (point.ts), the process kills itself with SIGKILL, or from there on no file can be written any more.
import childProcess from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { sep } from 'node:path';

const TROUBLES = { full: 'ENOSPC', 'read-only': 'EROFS' };
const { CRASH_RECORD, CRASH_AT } = process.env;
const { appendFileSync, openSync, writeSync, fsyncSync } = fs;
const at = CRASH_AT && JSON.parse(CRASH_AT);
const visits = new Map();
/** What the run is at: "start", "2" (its phase begins), "2.1", "2 end", "end". */
let stretch = 'start';
let hasBegun = at?.stretch === stretch;
let trouble;

/** @returns the moment of the point, when this is it */
function visit(what) {
  const key = `${stretch} ${what}`;
  const number = (visits.get(key) ?? 0) + 1;
  visits.set(key, number);
  note({ stretch, what, number });
  return stretch === at?.stretch && what === at.what && number === at.number ? at.moment : undefined;
}

/** How often something is looked at depends on timing: a run that does less dies where the stretch ends. */
function enter(next) {
  if (next === stretch) return;
  stretch = next;
  if (hasBegun || stretch === 'end') miss();
  hasBegun = stretch === at?.stretch;
}

function miss() {
  if (at === undefined || trouble !== undefined || at.stretch === stretch) return;
  note('missed');
  die();
}

function note(what) {
  if (CRASH_RECORD) appendFileSync(CRASH_RECORD, `${JSON.stringify(what)}\n`);
}

function die() {
  process.kill(process.pid, 'SIGKILL');
}

function refuse() {
  const code = TROUBLES[trouble];
  return Object.assign(new Error(`${code}: for the crash matrix`), { code });
}

// The journal: its records tell where the run is.
const journals = new Set();
let isLast = false;

fs.openSync = (path, ...rest) => {
  const descriptor = openSync(path, ...rest);
  if (String(path).includes(`${sep}runs${sep}`)) journals.add(descriptor);
  return descriptor;
};

fs.writeSync = (descriptor, line, ...rest) => {
  if (!journals.has(descriptor)) return writeSync(descriptor, line, ...rest);
  const { type, phase, objective, check, change } = JSON.parse(line);
  if (type === 'run.finished') enter('end');
  else if (phase !== undefined) enter(objective ?? (type === 'phase.finished' ? `${phase} end` : String(phase)));
  const moment = visit(['append', type, check ?? change ?? phase].join(' ').trim());
  if (moment === 'full') trouble = moment;
  if (trouble !== undefined) throw refuse();
  if (moment === 'before') die();
  if (moment === 'torn') {
    writeSync(descriptor, line.subarray(0, line.length / 2));
    die();
  }
  const written = writeSync(descriptor, line, ...rest);
  if (moment === 'unsynced') die();
  isLast = moment === 'after';
  // Not every record is synced: then it is over once the program lets go.
  if (isLast) process.nextTick(die);
  return written;
};

fs.fsyncSync = (descriptor) => {
  fsyncSync(descriptor);
  if (isLast && journals.has(descriptor)) die();
};

// Other files. What removes a folder removes what is in it: only the folder counts.
const NAMES = [
  [/[/\\]locks[/\\]\w+$/, 'the lock'],
  [/goals\.json(\.anton-logging-[\w-]+)?$/, 'goals.json'],
  [/plan\.json(\.anton-logging-[\w-]+)?$/, 'the plan'],
  [/[/\\]tmp[/\\]anton-logging-\w*$/, 'a temporary folder'],
  [/[/\\]tmp[/\\]anton-logging-\w+[/\\]\d+$/, 'a temporary file'],
];
const nameOf = (path) => NAMES.find(([form]) => form.test(String(path)))?.[1];

for (const name of ['mkdtemp', 'writeFile', 'rename', 'rm']) {
  const perform = promises[name];
  promises[name] = async (path, ...rest) => {
    const file = nameOf(path);
    const moment = file && visit(`${name} ${file}`);
    if (moment in TROUBLES) trouble = moment;
    if (trouble !== undefined && file !== undefined && name !== 'rm') throw refuse();
    if (moment === 'before') die();
    if (moment === 'torn') {
      await perform(path, rest[0].slice(0, rest[0].length / 2), ...rest.slice(1));
      die();
    }
    return perform(path, ...rest);
  };
}

for (const name of ['mkdir', 'rmdir']) {
  const perform = fs[name];
  fs[name] = (path, ...rest) => {
    if (nameOf(path) !== 'the lock') return perform(path, ...rest);
    const moment = visit(`${name} the lock`);
    if (moment in TROUBLES) trouble = moment;
    if (trouble !== undefined && name === 'mkdir') return rest.at(-1)(refuse());
    if (moment === 'before') die();
    return perform(path, ...rest);
  };
}

// Requests: one that was made is not sent yet, and one that was answered is not looked at yet.
const moments = new WeakMap();

subscribe('undici:request:create', ({ request }) => {
  const moment = visit(describeRequest(request));
  if (moment === 'before') die();
  moments.set(request, moment);
});

subscribe('undici:request:trailers', ({ request }) => {
  if (moments.get(request) === 'after') die();
});

function describeRequest({ method, path }) {
  const { pathname, searchParams } = new URL(path, 'http://localhost');
  const isRead = method === 'GET' || method === 'HEAD' || searchParams.has('dryRun') || pathname.startsWith('/apis/authorization.k8s.io/');
  const flags = ['watch', 'dryRun', 'uploads', 'partNumber', 'uploadId'].filter((flag) => searchParams.has(flag));
  // Pods of a set are named by chance.
  const stable = pathname.replace(/\/pods\/[^/]+\/log$/, '/pods/*/log');
  return `${isRead ? 'read ' : ''}${method} ${stable}${flags.length === 0 ? '' : `?${flags.join('&')}`}`;
}

// Programs that are started: Git.
const { spawn } = childProcess;

childProcess.spawn = (file, args, options) => {
  const words = args.filter((word, index) => word !== '-c' && args[index - 1] !== '-c');
  const moment = visit(`${file} ${words[0]}${words[1] === '--dry-run' ? ' --dry-run' : ''}`);
  if (moment === 'before') die();
  const child = spawn(file, args, options);
  if (moment === 'after') child.prependListener('exit', die);
  return child;
};

syncBuiltinESMExports();

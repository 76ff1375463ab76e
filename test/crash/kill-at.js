// Preloaded into the built program: `node --import kill-at.js bin/run.js …` with CRASH_APPEND (from 1) and CRASH_MOMENT.
// The process kills itself with SIGKILL at that append to the journal, so the product needs no hook for it.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { sep } from 'node:path';

const { CRASH_APPEND, CRASH_MOMENT } = process.env;
const { openSync, writeSync, fsyncSync } = fs;
const journals = new Set();
let appends = 0;
let isLast = false;

fs.openSync = (path, ...rest) => {
  const descriptor = openSync(path, ...rest);
  if (String(path).includes(`${sep}runs${sep}`)) journals.add(descriptor);
  return descriptor;
};

fs.writeSync = (descriptor, line, ...rest) => {
  if (!journals.has(descriptor)) return writeSync(descriptor, line, ...rest);
  appends += 1;
  // How often a check that waits is reported depends on timing: a run with fewer appends dies at its last one.
  isLast = appends === Number(CRASH_APPEND) || String(line).includes('"type":"run.finished"');
  if (isLast && CRASH_MOMENT === 'before') die();
  if (isLast && CRASH_MOMENT === 'torn') {
    writeSync(descriptor, line.subarray(0, line.length / 2));
    die();
  }
  const written = writeSync(descriptor, line, ...rest);
  if (isLast && CRASH_MOMENT === 'unsynced') die();
  // Not every record is synced: then it is over once the program lets go.
  if (isLast) process.nextTick(die);
  return written;
};

fs.fsyncSync = (descriptor) => {
  fsyncSync(descriptor);
  if (isLast && journals.has(descriptor)) die();
};

syncBuiltinESMExports();

function die() {
  process.kill(process.pid, 'SIGKILL');
}

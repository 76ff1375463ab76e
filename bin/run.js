#!/usr/bin/env node
// Plain JavaScript that an old Node can parse, so that it can say what is wrong. The only place that ends the process.
// Node's own modules come by getBuiltinModule where there is one: an import of node:fs loads a third of Node with it.
import { refuseNode } from './node-version.js';

const root = new URL('..', import.meta.url);

if (process.getBuiltinModule) launch(process.getBuiltinModule('node:fs'));
else import('node:fs').then(launch);

function launch({ readFileSync }) {
  const manifest = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  const refusal = refuseNode(process.version, manifest.engines.node);
  if (refusal !== undefined) {
    process.stderr.write(`${refusal}\n`);
    process.exit(2);
  } else if (process.argv.length === 3 && process.argv[2] === '--version') {
    process.stdout.write(`anton-logging ${manifest.version}\n`);
  } else {
    start(manifest);
  }
}

function start(manifest) {
  // A reader that went away (`status | head -1`) is no error of ours, and a run goes on without its audience.
  // Where nothing can be written any more, it goes on as well, and the end tells.
  let unwritable;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (error.code !== 'EPIPE') unwritable ??= error;
    });
  }
  // oclif throws what its own listener is told of these streams.
  process.on('uncaughtException', (error) => {
    if (error.syscall !== 'write' || error.code !== unwritable?.code) explainBug(error);
  });
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      if (interrupt.signal.aborted) process.exit(130);
      interrupt.abort();
    });
  }
  process.getBuiltinModule('node:module').enableCompileCache();
  import('../dist/main.js')
    .then((program) => program.main(process.argv.slice(2), { root, manifest, signal: interrupt.signal }))
    .then((exit) => end(exit, () => unwritable), explainMissingBuild);
}

/** Lets what was written leave first: a pipe may still hold it. */
function end(exit, unwritable = () => undefined) {
  process.stdout.write('', () =>
    process.stderr.write('', () => {
      // Errors of a file come after its callbacks.
      setImmediate(() => process.exit(unwritable() === undefined ? exit : tellUnwritable(exit, unwritable())));
    }),
  );
}

function tellUnwritable(exit, { message }) {
  process.stderr.write(
    `Error: not everything that was to be printed could be: ${message}\nTo fix it: make room where the output goes, then run this again\n`,
  );
  return exit === 0 ? 1 : exit;
}

function explainBug(error) {
  process.stderr.write(
    `${error?.stack ?? error}\n\nThis is a bug in anton-logging. Please report it with the lines above and the command line.\n`,
  );
  process.exit(70);
}

function explainMissingBuild(error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  process.stderr.write('anton-logging is not built yet.\nTo fix it: npm run build\n');
  end(2);
}

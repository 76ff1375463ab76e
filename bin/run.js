#!/usr/bin/env node
// Plain JavaScript that an old Node can parse, so that it can say what is wrong. The only place that ends the process.
import { readFileSync, realpathSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';
import { refuseNode } from './node-version.js';

const root = realpathSync(fileURLToPath(new URL('..', import.meta.url)));
const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));

const refusal = refuseNode(process.version, manifest.engines.node);
if (refusal !== undefined) {
  process.stderr.write(`${refusal}\n`);
  process.exit(2);
} else if (process.argv.length === 3 && process.argv[2] === '--version') {
  process.stdout.write(`anton-logging ${manifest.version}\n`);
} else {
  start();
}

function start() {
  // A reader that went away (`status | head -1`) is no error of ours, and a run goes on without its audience.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      if (interrupt.signal.aborted) process.exit(130);
      interrupt.abort();
    });
  }
  if (nodeModule.enableCompileCache) nodeModule.enableCompileCache();
  import('../dist/main.js')
    .then((program) => program.main(process.argv.slice(2), { root, manifest, signal: interrupt.signal }))
    .then(end, explainMissingBuild);
}

/** Lets what was written leave first: a pipe may still hold it. */
function end(exit) {
  process.stdout.write('', () => process.stderr.write('', () => process.exit(exit)));
}

function explainMissingBuild(error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  process.stderr.write('anton-logging is not built yet.\nTo fix it: npm run build\n');
  end(2);
}

import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';

export interface Daemon {
  readonly name: string;
  readonly log: string;
  /** Resolves with the exit code (or the signal's name) when it ended, for whatever reason. */
  readonly ended: Promise<number | string>;
  /** TERM, and KILL after ten seconds. */
  stop(): Promise<void>;
}

export interface Command {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a daemon of the cluster; what it prints goes to DIRECTORY/log/NAME.log. */
export async function startDaemon(directory: string, { name, file, args, env = {} }: Command): Promise<Daemon> {
  const log = path.join(directory, 'log', `${name}.log`);
  await fs.mkdir(path.dirname(log), { recursive: true });
  const output = openSync(log, 'a');
  const child = spawn(file, args, { stdio: ['ignore', output, output], env: { PATH: process.env.PATH, HOME: directory, ...env } });
  const ended = endOf(child);
  return { name, log, ended, stop: () => stop(child, ended) };
}

/**
 * Resolves with the milliseconds until `isReady` first said yes: readiness is asked for, never slept for.
 * @throws Error with the daemon's last words when it ends before, or when the limit (in seconds) is over
 */
export async function waitUntilReady(daemon: Daemon, seconds: number, isReady: () => Promise<boolean>): Promise<number> {
  const started = performance.now();
  let over: number | string | undefined;
  void daemon.ended.then((how) => {
    over = how;
  });
  while (!(await isReady().catch(() => false))) {
    if (over !== undefined) throw new Error(`${daemon.name} ended with ${over}: ${await lastLines(daemon.log)}`);
    if (performance.now() - started > seconds * 1000)
      throw new Error(`${daemon.name} is not ready after ${seconds} s: ${await lastLines(daemon.log)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return performance.now() - started;
}

/** Arguments of a program written in Go. */
export function flags(values: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`);
}

/** Whether a URL answers with 200. */
export async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.arrayBuffer();
  return response.ok;
}

export async function lastLines(file: string, count = 5): Promise<string> {
  const text = await fs.readFile(file, 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-count).join('\n');
}

function endOf(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'nothing'));
  });
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM');
  const impatience = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(impatience);
}

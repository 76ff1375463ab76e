import { mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import { scratchFile } from '../scratch.ts';
import { type Case, claimReadiness, type Lab } from './lab.ts';

const asItIs = async () => {};

/** A disk of its own below the state folder, with so many bytes left on it. */
const stateDisk = (bytes: number) => `mount -t tmpfs -o size=${bytes} tmpfs "$XDG_STATE_HOME"`;
/** A folder of the checkout on a disk that has no room left. */
const fullDisk = (folder: string) =>
  `cp -r ${folder} "$XDG_STATE_HOME/kept" && mount -t tmpfs -o size=1m tmpfs ${folder} && cp -r "$XDG_STATE_HOME/kept/." ${folder} && { cat /dev/zero > ${folder}/fill; true; } 2>/dev/null`;
const readOnly = (folder: string) => `mount --bind ${folder} ${folder} && mount -o remount,bind,ro ${folder}`;

/** The state folder of a user in whose place for it something else lies. */
const stateFile = async () => void vi.stubEnv('XDG_STATE_HOME', await scratchFile('state', ''));

async function journal({ state }: Lab, text: string): Promise<void> {
  await mkdir(join(state, 'anton-logging/runs'), { recursive: true });
  await writeFile(join(state, 'anton-logging/runs/20260101t000000-abcdef.ndjson'), text);
}

export const STATE: readonly Case[] = [
  { name: 'The state folder is a file', arrange: stateFile, command: 'run --yes', exit: 2 },
  {
    name: 'The state folder is a file, and an approval is to be recorded',
    arrange: stateFile,
    command: 'approve 6.2 --by Ada --note seen',
    exit: 2,
  },
  { name: 'The state folder is a file, and nothing is written', arrange: stateFile, command: 'status --offline', exit: 0 },
  {
    name: 'The state folder can’t be written',
    arrange: asItIs,
    mounts: readOnly('"$XDG_STATE_HOME"'),
    command: 'run --yes',
    exit: 2,
  },
  {
    name: 'The folder of journals is a file',
    arrange: async ({ state }) => {
      await mkdir(join(state, 'anton-logging'));
      await writeFile(join(state, 'anton-logging/runs'), '');
    },
    command: 'runs list',
    exit: 2,
  },
  {
    name: 'A journal was changed',
    arrange: (lab) => journal(lab, '{"type":"run.started"}\n'),
    command: 'runs show 20260101t000000-abcdef',
    exit: 2,
  },
  { name: 'There is no such run', arrange: asItIs, command: 'runs show 20260101t000000-abcdef', exit: 2 },
  {
    name: 'The disk of the state folder is full when a run begins',
    arrange: asItIs,
    mounts: `${stateDisk(8192)} && { cat /dev/zero > "$XDG_STATE_HOME/fill"; true; } 2>/dev/null`,
    command: 'run --yes',
    exit: 2,
  },
  {
    name: 'The disk of the state folder gets full while a run goes on',
    arrange: asItIs,
    mounts: stateDisk(8192),
    command: 'run --to 1 --yes',
    exit: 2,
    records: true,
  },
  {
    name: 'The disk of the checkout is full, and an approval is to be recorded',
    arrange: asItIs,
    mounts: fullDisk('goals'),
    command: 'approve 6.2 --by Ada --note seen',
    exit: 2,
  },
  {
    name: 'The disk of the checkout is full, and something is to be committed',
    arrange: claimReadiness,
    mounts: fullDisk('.git'),
    command: 'phase run 1 --yes',
    exit: 1,
    records: true,
  },
  {
    name: 'There is no place for temporary files',
    arrange: async (lab) => {
      await claimReadiness(lab);
      vi.stubEnv('TMPDIR', '/nowhere');
    },
    command: 'phase run 1 --yes',
    exit: 1,
    records: true,
  },
  {
    name: 'The disk of the checkout is full, and a plan is to be saved',
    arrange: async ({ checkout }) => mkdir(join(checkout, 'plans')).then(() => {}),
    mounts: fullDisk('plans'),
    command: 'plan 1 --out plans/plan.json',
    exit: 2,
  },
  {
    name: 'The disk of the checkout is full, and goals are to be drafted',
    arrange: ({ goals }) => rm(goals),
    mounts: fullDisk('goals'),
    command: 'init',
    exit: 2,
  },
  { name: 'What is printed has no room', arrange: asItIs, shell: 'exec >/dev/full', command: 'status --offline', exit: 1 },
  {
    name: 'The events of a run have no room',
    arrange: asItIs,
    shell: 'exec >/dev/full',
    command: 'phase run 0 --yes -o ndjson',
    exit: 1,
    records: true,
  },
];

async function replace({ goals }: Lab, by: (file: string) => Promise<unknown>): Promise<void> {
  await rm(goals);
  await by(goals);
}

export const GOALS: readonly Case[] = [
  { name: 'There are no goals', arrange: ({ goals }) => rm(goals), command: 'status', exit: 2 },
  {
    name: 'The goals file that is named is not there',
    arrange: async () => ['--goals', '/nowhere/goals.json'],
    command: 'status',
    exit: 2,
  },
  { name: 'The goals file is a folder', arrange: (lab) => replace(lab, (file) => mkdir(file)), command: 'run --yes', exit: 2 },
  {
    name: 'The goals file is a link that leads nowhere',
    arrange: (lab) => replace(lab, (file) => symlink('/nowhere', file)),
    command: 'run --yes',
    exit: 2,
  },
  { name: 'The goals file is empty', arrange: ({ goals }) => writeFile(goals, ''), command: 'run --yes', exit: 2 },
  {
    name: 'The goals file is no JSON',
    arrange: ({ goals }) => writeFile(goals, 'rollout: logging\nphases: []\n'),
    command: 'run --yes',
    exit: 2,
  },
  { name: 'The goals file is huge', arrange: ({ goals }) => truncate(goals, 64 * 1024 * 1024), command: 'run --yes', exit: 2 },
  { name: 'The goals file can’t be written', arrange: asItIs, mounts: readOnly('goals'), command: 'phase run 0 --yes', exit: 2 },
  { name: 'There are goals already', arrange: asItIs, command: 'init', exit: 2 },
];

export const PLAN: readonly Case[] = [
  { name: 'The plan is not there', arrange: asItIs, command: 'run --plan plan.json', exit: 2 },
  { name: 'No plan is named', arrange: asItIs, command: 'run --plan', exit: 2 },
  { name: 'The plan is empty', arrange: async () => [await scratchFile('plan.json', '')], command: 'run --plan', exit: 2 },
  {
    name: 'The plan is cut off',
    arrange: async () => [await scratchFile('plan.json', '{"version": 1, "made": "2026')],
    command: 'run --plan',
    exit: 2,
  },
  {
    name: 'The plan is something else',
    arrange: async () => [await scratchFile('plan.json', '{"phases": []}')],
    command: 'run --plan',
    exit: 2,
  },
  { name: 'The plan is a folder', arrange: async ({ checkout }) => [checkout], command: 'run --plan', exit: 2 },
  {
    name: 'The plan is to be saved where there is no folder',
    arrange: async () => ['/nowhere/plan.json'],
    command: 'plan 1 --out',
    exit: 2,
  },
  { name: 'The plan would replace another file', arrange: async () => ['goals/goals.json'], command: 'plan 1 --out', exit: 2 },
];

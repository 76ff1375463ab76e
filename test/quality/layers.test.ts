import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

interface Finding {
  readonly rule: string;
  readonly line: number;
}

/** What the linter says of a project with these files and our configuration. */
async function lint(files: Readonly<Record<string, string>>): Promise<readonly Finding[]> {
  const folder = await mkdtemp(join(tmpdir(), 'anton-logging-layers-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const file of ['biome.json', 'package.json']) await cp(join(root, file), join(folder, file));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const args = ['lint', '--vcs-enabled=false', '--reporter=json', '.'];
  const { stdout } = await execa('biome', args, { cwd: folder, preferLocal: true, localDir: root, reject: false });
  const report: { diagnostics: { category: string; location: { start: { line: number } } }[] } = JSON.parse(stdout);
  return report.diagnostics.map(({ category, location }) => ({ rule: category.replace(/^lint\/\w+\//, ''), line: location.start.line }));
}

describe('a planted violation of the layers is found:', () => {
  it.each([
    ['goals importing the engine', 'src/goals/planted.ts', "'#engine/run.ts'"],
    ['goals importing the engine by a relative path', 'src/goals/planted.ts', "'../engine/run.ts'"],
    ['checks importing an adapter', 'src/checks/planted.ts', "'#adapters/observer.ts'"],
    ['the engine importing a check', 'src/engine/planted.ts', "'#checks/loki.ts'"],
    ['the engine importing a phase', 'src/engine/planted.ts', "'#phases/index.ts'"],
    ['a phase importing an adapter', 'phases/planted.ts', "'#adapters/observer.ts'"],
    ['the rehearsal importing a check', 'src/rehearsal/planted.ts', "'#checks/loki.ts'"],
    ['the rehearsal importing client-node', 'src/rehearsal/planted.ts', "'@kubernetes/client-node'"],
    ['the model importing anything', 'src/model/planted.ts', "'#goals/types.ts'"],
    ['an adapter importing a command', 'src/adapters/planted.ts', "'#commands/status.ts'"],
    ['a command importing the file system', 'src/commands/planted.ts', "'node:fs'"],
    ['the engine importing the file system', 'src/engine/planted.ts', "'node:fs/promises'"],
    ['the user interface importing execa', 'src/ui/planted.ts', "'execa'"],
  ])('%s', async (_, file, from) => {
    const findings = await lint({ [file]: `import { anything } from ${from};\n\nexport const planted = anything;\n` });
    expect(findings).toContainEqual({ rule: 'noRestrictedImports', line: 1 });
  });

  it('a cycle', async () => {
    const findings = await lint({
      'src/engine/one.ts': "import { two } from '#engine/two.ts';\n\nexport const one = () => two;\n",
      'src/engine/two.ts': "import { one } from './one.ts';\n\nexport const two = () => one;\n",
    });
    expect(findings.map(({ rule }) => rule)).toEqual(['noImportCycles', 'noImportCycles']);
  });

  it('and what is allowed is not', async () => {
    const findings = await lint({
      'src/engine/planted.ts': "import { x } from '#goals/x.ts';\n\nexport const planted = x;\n",
      'phases/planted.ts': "import { x } from '#checks/x.ts';\n\nexport const planted = x;\n",
      'src/adapters/planted.ts': "import { readFileSync } from 'node:fs';\n\nexport const planted = readFileSync;\n",
    });
    expect(findings).toEqual([]);
  });
});

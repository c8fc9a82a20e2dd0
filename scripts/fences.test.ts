import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

/** What the tools look at; copied, so that planted files disturb nobody who works in the tree. */
const COPIED = [
  'src-main',
  'src-renderer',
  'e2e',
  'scripts',
  'tsconfig',
  'tsconfig.json',
  'package.json',
  '.dependency-cruiser.mjs',
  '.oxlintrc.json',
];
const ROOT = join(import.meta.dirname, '..');
/** Fewer files than this mean that a fence stopped looking at most of them. */
const FEWEST_FILES = 200;

/** Planted in the import table's fence: file, what it imports, the rule that must catch it. */
const IMPORTS = [
  ['src-main/contracts/planted.ts', '../core/clock.ts', 'table:src-main/contracts'],
  ['src-main/core/planted.ts', '../config/flags.ts', 'table:src-main/core'],
  ['src-main/core/planted-node.ts', 'node:fs', 'pure-folders-have-no-node'],
  ['src-main/core/planted.test.ts', '../app/application.ts', 'table:src-main/core:tests'],
  ['src-main/config/planted.ts', '../core/clock.ts', 'table:src-main/config'],
  ['src-main/storage/planted.ts', '../inference/worker-pool.ts', 'table:src-main/storage'],
  ['src-main/storage/planted-sdk.ts', '@aws-sdk/client-s3', 'only-the-s3-worker-imports-the-sdk'],
  ['src-main/storage/planted-worker.ts', './s3/worker/s3-clients.ts', 'table:src-main/storage'],
  ['src-main/storage/download/planted.ts', '../s3/s3-uri.ts', 'table:src-main/storage/download'],
  ['src-main/storage/cache/planted.ts', '../s3/s3-uri.ts', 'table:src-main/storage/cache'],
  ['src-main/storage/s3/planted.ts', './worker/s3-clients.ts', 'table:src-main/storage/s3'],
  ['src-main/storage/remote/planted.ts', '../s3/s3-error.ts', 'table:src-main/storage/remote'],
  ['src-main/storage/https/planted.ts', './worker/web-requests.ts', 'table:src-main/storage/https'],
  ['src-main/storage/s3/worker/planted.ts', '../../../core/clock.ts', 'table:src-main/storage/s3/worker'],
  ['src-main/storage/planted-fake.ts', './testing/memory-file-system.ts', 'no-test-code-in-the-product'],
  ['src-main/inference/planted.ts', './worker/ort.ts', 'table:src-main/inference'],
  ['src-main/inference/protocol/planted.ts', '../worker-pool.ts', 'table:src-main/inference/protocol'],
  ['src-main/inference/onnx-model/planted.ts', '../protocol/planted.ts', 'table:src-main/inference/onnx-model'],
  ['src-main/inference/worker/planted.ts', '../worker-pool.ts', 'table:src-main/inference/worker'],
  ['src-main/api/planted.ts', '../storage/file-system.ts', 'table:src-main/api'],
  ['src-main/app/planted.ts', '../host/headless/open-browser.ts', 'table:src-main/app'],
  ['src-main/app/planted-electron.ts', 'electron', 'only-host-electron-imports-electron'],
  ['src-main/app/planted-ort.ts', 'onnxruntime-node', 'only-the-worker-imports-onnxruntime'],
  ['src-main/app/planted-cycle-back.ts', './planted-cycle.ts', 'no-cycles'],
  ['src-main/app/planted-nowhere.ts', './no-such-file.ts', 'no-missing-modules'],
  ['src-main/app/planted-package.ts', 'picocolors', 'only-declared-packages'],
  ['src-main/host/headless/planted.ts', '../../core/clock.ts', 'table:src-main/host/headless'],
  ['src-main/host/electron/planted.ts', '../../storage/file-system.ts', 'table:src-main/host/electron'],
  ['src-renderer/planted.ts', '../src-main/core/clock.ts', 'table:src-renderer'],
  ['src-renderer/planted-node.ts', 'node:path', 'the-page-has-no-node'],
  ['e2e/planted.ts', '../src-main/app/application.ts', 'table:e2e'],
] as const;

/** Planted for the compiler: a file, its text, and the name that a runtime without it must not know. */
const TYPES = [
  ['src-main/contracts/planted-types.ts', 'export const text = process.cwd();', 'process'],
  ['src-main/core/planted-types.ts', 'setTimeout(() => undefined, 1);', 'setTimeout'],
  ['src-main/config/planted-types.ts', "export const bytes = Buffer.from('');", 'Buffer'],
  ['src-main/core/planted-page.ts', 'export const element = document.body;', 'document'],
] as const;

/** Planted for the linter: a file, its text, the rule that must catch it. */
const LINT = [
  ['src-main/core/planted-lint.ts', 'setTimeout(() => undefined, 1);', 'no-restricted-globals'],
  ['src-main/contracts/planted-lint.ts', 'export const at = process.hrtime();', 'no-restricted-globals'],
  ['src-main/config/planted-lint.ts', "export { readFile } from 'node:fs/promises';", 'no-restricted-imports'],
  ['src-main/core/planted-now.ts', 'export const now = Date.now();', 'no-restricted-properties'],
  ['src-main/core/planted-below.ts', "export * from '../storage/file-system.ts';", 'no-restricted-imports'],
  ['src-main/app/planted-lint.ts', "export { app } from 'electron';", 'no-restricted-imports'],
  ['src-main/api/planted-lint.ts', "export { Tensor } from 'onnxruntime-node';", 'no-restricted-imports'],
  ['src-main/storage/planted-lint.ts', "export { S3Client } from '@aws-sdk/client-s3';", 'no-restricted-imports'],
  ['e2e/planted.spec.ts', "export { test } from '@playwright/test';", 'no-restricted-imports'],
  ['src-main/app/planted-promise.ts', 'async function f(): Promise<void> {}\nf();', 'no-floating-promises'],
  ['src-main/app/planted-cast.ts', "export const one = JSON.parse('1') as number;", 'consistent-type-assertions'],
] as const;

const CruiseReport = z.object({
  summary: z.object({
    totalCruised: z.number(),
    violations: z.array(z.object({ from: z.string(), rule: z.object({ name: z.string() }) })),
  }),
  modules: z.array(z.object({ source: z.string() })),
});
const LintReport = z.object({ diagnostics: z.array(z.object({ filename: z.string(), code: z.string().optional() })) });

let copy = '';

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'slipway-fences-'));
  await Promise.all(COPIED.map((name) => cp(join(ROOT, name), join(copy, name), { recursive: true })));
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'), 'junction');
  // The other half of a cycle, which is reported only once.
  await plant('src-main/app/planted-cycle.ts', "import './planted-cycle-back.ts';\n");
  for (const [file, imported] of IMPORTS) await plant(file, `import '${imported}';\n`);
  for (const [file, text] of [...TYPES, ...LINT]) await plant(file, `${text}\n`);
}, 60_000);

afterAll(async () => {
  // A junction or link is removed as such; what it leads to stays.
  if (copy !== '') await rm(copy, { recursive: true, force: true });
});

describe('the import table', () => {
  let report: z.infer<typeof CruiseReport>;
  beforeAll(async () => {
    report = CruiseReport.parse(
      JSON.parse(await output('dependency-cruiser/bin/dependency-cruise.mjs', ['--output-type=json', '.'])),
    );
  }, 120_000);

  it.each(IMPORTS)('%s must not import %s', (file, _imported, rule) => {
    const caught = report.summary.violations
      .filter(({ from }) => from === file)
      .map((violation) => violation.rule.name);
    expect(caught).toContain(rule);
  });

  it('looks at the whole project', () => {
    const ours = report.modules.filter(({ source }) => /^(?:src-main|src-renderer|e2e|scripts)\//u.test(source));
    expect(ours.length - IMPORTS.length - TYPES.length - LINT.length).toBeGreaterThan(FEWEST_FILES);
  });
});

describe('the compiler', () => {
  let said = '';
  beforeAll(async () => {
    said = await output('typescript/bin/tsc', ['--project', 'tsconfig/pure.json', '--noEmit', '--pretty', 'false']);
  }, 120_000);

  it.each(TYPES)('%s must not compile', (file, _text, name) => {
    const lines = said.split('\n').filter((line) => line.startsWith(`${file}(`));
    expect(lines.join('\n')).toContain(`'${name}'`);
  });
});

describe('the linter', () => {
  let report: z.infer<typeof LintReport>;
  beforeAll(async () => {
    const files = LINT.map(([file]) => file);
    report = LintReport.parse(JSON.parse(await output('oxlint/bin/oxlint', ['--format=json', ...files])));
  }, 120_000);

  it.each(LINT)('%s is refused: %s', (file, _text, rule) => {
    const codes = report.diagnostics.filter(({ filename }) => filename === file).map(({ code }) => code);
    expect(codes.join(' ')).toContain(`(${rule})`);
  });
});

async function plant(file: string, text: string): Promise<void> {
  const path = join(copy, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { flag: 'wx' });
}

/** What a tool prints when it is run on the copy; that it finds faults is the point, so its exit code is not one. */
async function output(tool: string, args: readonly string[]): Promise<string> {
  const program = join(ROOT, 'node_modules', tool);
  const printed = Promise.withResolvers<string>();
  execFile(process.execPath, [program, ...args], { cwd: copy, maxBuffer: 1024 ** 3 }, (error, stdout, stderr) => {
    if (stdout === '') printed.reject(new Error(`${tool} printed nothing`, { cause: error ?? stderr }));
    else printed.resolve(stdout);
  });
  return printed.promise;
}

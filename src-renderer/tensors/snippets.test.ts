// @vitest-environment node
import { spawnSync } from 'node:child_process';
import { env, execPath } from 'node:process';
import { describe, expect, it } from 'vitest';
import { MAX_INLINE_CHARACTERS, needsBodyFile, quoteBash, quotePowerShell, quoteProgram, snippet } from './snippets.ts';

const HARD_TEXTS = [
  `plain`,
  `it's`,
  `''`,
  `a "b" c`,
  String.raw`back\slash \' \\ \n`,
  '$HOME `id` $(id) ${x} !! %PATH% *?[a]{1,2} ~ # & | ; < >',
  `line\nbreak\r\nand\ttab`,
  `‘curly’ ‚low‛ “double”`,
  `null byte escaped \\u0000, é 漢字 😀`,
  '\u2028\u2029\u0085\u007f',
  '@file',
  '-d --flag',
];

/** Runs a program with arguments; what it wrote, without the newline at the end. */
function run(program: string, args: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...env, PYTHONUTF8: '1' },
  });
  if (status !== 0) throw new Error(stderr);
  return stdout.replace(/\n$/u, '');
}

const hasBash = spawnSync('bash', ['-c', 'exit 0']).status === 0;
const hasPython = spawnSync('python3', ['-c', 'pass']).status === 0;

describe('quoting', () => {
  it.skipIf(!hasBash).each(HARD_TEXTS)('bash gives back %j', (text) => {
    expect(run('bash', ['-c', `printf '%s\\n' ${quoteBash(text)}`])).toBe(text);
  });

  it.each(HARD_TEXTS)('JavaScript gives back %j', (text) => {
    expect(run(execPath, ['-e', `process.stdout.write(${quoteProgram(text)})`])).toBe(text);
  });

  it.skipIf(!hasPython).each(HARD_TEXTS)('Python gives back %j', (text) => {
    expect(run('python3', ['-c', `import sys; sys.stdout.buffer.write(${quoteProgram(text)}.encode())`])).toBe(text);
  });

  it.each([
    [`it's`, `'it''s'`],
    [`‘a’`, `'‘‘a’’'`],
    ['$env:HOME `n "x"', `'$env:HOME \`n "x"'`],
  ])('PowerShell: %j is %j', (text, quoted) => {
    expect(quotePowerShell(text)).toBe(quoted);
  });
});

describe('snippet', () => {
  const url = `http://127.0.0.1:8501/v1/models/it's:predict`;
  const body = `{"instances": ["it's “$HOME”\\n", 9007199254740993, NaN]}`;

  it.skipIf(!hasBash)('bash passes curl the body byte for byte', () => {
    // A function in place of curl: what arrives as its arguments is what the server would get.
    const script = `curl() { printf '%s\\n' "$@"; }\n${snippet('bash', { url, body })}`;
    expect(run('bash', ['-c', script]).split('\n')).toEqual([
      '-X',
      'POST',
      url,
      '-H',
      'Content-Type: application/json',
      '--data-raw',
      body,
    ]);
  });

  it('JavaScript passes fetch the body byte for byte', () => {
    const program = `const fetch = async (...sent) => { process.stdout.write(JSON.stringify(sent)); process.exit(0); };\n${snippet('javascript', { url, body })}`;
    expect(JSON.parse(run(execPath, ['--input-type=module', '-e', program]))).toEqual([
      url,
      { method: 'POST', headers: { 'Content-Type': 'application/json' }, body },
    ]);
  });

  it.skipIf(!hasPython)('Python passes requests the body byte for byte', () => {
    const stub = `import sys, types\nsys.modules['requests'] = types.SimpleNamespace(post=lambda url, data, headers: sys.exit(sys.stdout.buffer.write(url.encode() + b' ' + data) and 0))\n`;
    expect(run('python3', ['-c', stub + snippet('python', { url, body })])).toBe(`${url} ${body}`);
  });

  it('PowerShell sends UTF-8 and prints the text as it came', () => {
    expect(snippet('powershell', { url: 'http://h/p', body: '[1]' })).toBe(
      "(Invoke-WebRequest -UseBasicParsing -Method Post -Uri 'http://h/p' `\n  -ContentType 'application/json; charset=utf-8' `\n  -Body '[1]').Content",
    );
  });

  it.each([
    ['bash', '--data-binary @request.json'],
    ['powershell', '-InFile request.json'],
    ['python', "open('request.json', 'rb')"],
    ['javascript', "readFile('request.json')"],
  ] as const)('%s reads a long body from a file', (kind, part) => {
    const long = { url, body: `[${'1,'.repeat(MAX_INLINE_CHARACTERS / 2)}1]` };
    expect(needsBodyFile(long)).toBe(true);
    expect(snippet(kind, long)).toContain(part);
    expect(snippet(kind, long).length).toBeLessThan(600);
  });
});

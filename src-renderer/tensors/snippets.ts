/**
 * A request as a program to paste: quoted so that the body arrives byte for byte, whatever it holds.
 * Bodies over {@link MAX_INLINE_CHARACTERS} are read from `request.json` instead, since shells limit a command's length.
 */

/** Which program. */
export const SNIPPET_KINDS = ['bash', 'powershell', 'cmd', 'python', 'javascript'] as const;
export type SnippetKind = (typeof SNIPPET_KINDS)[number];

export interface SnippetRequest {
  readonly url: string;
  /** JSON text. */
  readonly body: string;
}

/** The name of the file that long bodies are read from, in the directory where the program runs. */
export const BODY_FILE = 'request.json';
export const MAX_INLINE_CHARACTERS = 4000;

/** Whether the program needs {@link BODY_FILE} beside it. */
export const needsBodyFile = ({ body }: SnippetRequest, kind?: SnippetKind): boolean =>
  body.length > MAX_INLINE_CHARACTERS || (kind === 'cmd' && CMD_CANNOT.test(body));

/** In single quotes nothing is special to a POSIX shell but the quote itself. */
export const quoteBash = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** PowerShell ends a single-quoted text at the curly single quotes too; each is doubled. */
export const quotePowerShell = (text: string): string =>
  `'${text.replaceAll(/['\u2018\u2019\u201a\u201b]/gu, '$&$&')}'`;

/** What a line of cmd.exe does not bring through: line breaks, `%NAME%`, and letters outside of its code page. */
const CMD_CANNOT = /[^\u0020-\u007e]|[%!]/u;

/**
 * One argument for a program that cmd.exe starts: backslashes before a quote are doubled and the quote is escaped, as
 * Windows programs read their command line; then the carets keep cmd.exe from seeing quotes and operators at all.
 */
export function quoteCmd(text: string): string {
  const argument = text.replaceAll(/(\\*)"/gu, String.raw`$1$1\"`).replace(/(\\+)$/u, '$1$1');
  return `^"${argument.replaceAll(/[&|<>^()"%!]/gu, '^$&')}^"`;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\\', String.raw`\\`],
  ["'", String.raw`\'`],
  ['\n', String.raw`\n`],
  ['\r', String.raw`\r`],
  ['\t', String.raw`\t`],
]);

/** Quote, backslash, control characters, line ends of any kind, and surrogates without their other half. */
const NEEDS_ESCAPE =
  // eslint-disable-next-line no-control-regex -- control characters are some of what needs an escape
  /[\\'\u0000-\u001f\u007f\u0085\u2028\u2029]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** A literal that JavaScript and Python read alike. */
export function quoteProgram(text: string): string {
  const escaped = text.replaceAll(
    NEEDS_ESCAPE,
    (character) => ESCAPES.get(character) ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `'${escaped}'`;
}

/** The program's text, without a newline at the end. */
export function snippet(kind: SnippetKind, request: SnippetRequest): string {
  const { url, body } = request;
  const fromFile = needsBodyFile(request, kind);
  switch (kind) {
    case 'bash':
      return [
        `curl -X POST ${quoteBash(url)} \\`,
        `  -H 'Content-Type: application/json' \\`,
        // --data would strip line breaks of a file, and would read a body that starts with @ as a file name.
        fromFile ? `  --data-binary @${BODY_FILE}` : `  --data-raw ${quoteBash(body)}`,
      ].join('\n');
    case 'powershell':
      return [
        // The body's text, not Invoke-RestMethod's objects: those round int64 and fail at NaN.
        `(Invoke-WebRequest -UseBasicParsing -Method Post -Uri ${quotePowerShell(url)} \``,
        // Without the charset Windows PowerShell 5 sends Latin-1.
        `  -ContentType 'application/json; charset=utf-8' \``,
        fromFile ? `  -InFile ${BODY_FILE}).Content` : `  -Body ${quotePowerShell(body)}).Content`,
      ].join('\n');
    case 'cmd':
      return [
        `curl -X POST ${quoteCmd(url)} ^`,
        `  -H "Content-Type: application/json" ^`,
        fromFile ? `  --data-binary @${BODY_FILE}` : `  --data-raw ${quoteCmd(body)}`,
      ].join('\n');
    case 'python':
      return [
        'import requests',
        '',
        'response = requests.post(',
        `    ${quoteProgram(url)},`,
        fromFile ? `    data=open('${BODY_FILE}', 'rb'),` : `    data=${quoteProgram(body)}.encode(),`,
        `    headers={'Content-Type': 'application/json'},`,
        ')',
        'print(response.status_code, response.text)',
      ].join('\n');
    case 'javascript':
      return [
        ...(fromFile ? [`import { readFile } from 'node:fs/promises';`, ''] : []),
        `const response = await fetch(${quoteProgram(url)}, {`,
        `  method: 'POST',`,
        `  headers: { 'Content-Type': 'application/json' },`,
        fromFile ? `  body: await readFile('${BODY_FILE}'),` : `  body: ${quoteProgram(body)},`,
        '});',
        'console.log(response.status, await response.text());',
      ].join('\n');
    default:
      return kind satisfies never;
  }
}

const REDACTED = '"[redacted]"';
/** Of a base64 payload, so many characters are kept. */
const BASE64_SHOWN = 16;
/** Longer values of `b64` are shortened. */
const BASE64_LIMIT = 64;

/**
 * Names of fields that hold secrets, in lower case and without anything but letters and digits. A token is one only by its
 * own name: `token_type_ids` and `max_tokens` are what language models take.
 */
const SECRET_PARTS = ['password', 'passwd', 'passphrase', 'secret', 'apikey', 'accesskey', 'privatekey', 'credential'];
const SECRET_ENDS = ['token', 'authorization', 'cookie', 'bearer', 'pwd', 'jwt'];

/** Whether a field of this name is taken for a secret. */
export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/gu, '');
  return SECRET_PARTS.some((part) => plain.includes(part)) || SECRET_ENDS.some((end) => plain.endsWith(end));
}

/**
 * Takes the values of secret fields out of a JSON text, whatever they are, and shortens base64 payloads. The text may be
 * cut off anywhere, or be no JSON: it is read token by token, once.
 */
export function redactJson(text: string): string {
  const strings = /"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?$)/gsu;
  let redacted = '';
  let done = 0;
  for (let match = strings.exec(text); match; match = strings.exec(text)) {
    const valueAt = valueStart(text, strings.lastIndex);
    if (valueAt === undefined) continue;
    const name = unquote(match[0]);
    const isPayload = name === 'b64' && text[valueAt] === '"';
    if (!isPayload && !isSecretName(name)) continue;
    const end = valueEnd(text, valueAt);
    const value = isPayload ? shortened(text.slice(valueAt, end)) : REDACTED;
    redacted += text.slice(done, valueAt) + value;
    done = end;
    strings.lastIndex = end;
  }
  return redacted + text.slice(done);
}

const SPACE = /\s*/uy;

/** Where the value of a field begins whose name ends before `at`; undefined where no colon follows. */
function valueStart(text: string, at: number): number | undefined {
  const colon = skipSpace(text, at);
  return text[colon] === ':' ? skipSpace(text, colon + 1) : undefined;
}

function skipSpace(text: string, at: number): number {
  SPACE.lastIndex = at;
  SPACE.test(text);
  return SPACE.lastIndex;
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?$)|[[\]{}]|[^"[\]{},\s]+|[,\s]/gsuy;

/** The end of the value that begins here; the end of the text where it is cut off. */
function valueEnd(text: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const [token = ''] = TOKEN.exec(text) ?? [];
    if (depth === 0 && /^[\]},\s]/u.test(token)) return at;
    if (token === '[' || token === '{') depth += 1;
    else if (token === ']' || token === '}') depth -= 1;
    at += Math.max(1, token.length);
    if (depth === 0) return at;
  }
  return text.length;
}

function unquote(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted.slice(1, -1);
  }
}

function shortened(quoted: string): string {
  const payload = quoted.slice(1, quoted.endsWith('"') ? -1 : undefined);
  if (payload.length <= BASE64_LIMIT) return quoted;
  return `"${payload.slice(0, BASE64_SHOWN)}… (${payload.length} characters)"`;
}

/** Longest line of a file, as the project's formatter has it. */
const LINE = 120;

/**
 * JSON for people, laid out as the project's formatter does it: objects line by line, numbers as many to a line as fit.
 * Of other arrays it knows those of arrays and of objects.
 */
export function jsonFile(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${text(value, '', 0)}\n`);
}

/** @param taken how much of the line the value has to leave to what stands before it, and to a comma behind. */
function text(value: unknown, indent: string, taken: number): string {
  const flat = flatText(value);
  if (flat !== undefined && taken + flat.length <= LINE) return flat;
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    if (areNumbers(items)) return `[\n${filled(items, deeper)}\n${indent}]`;
    return `[\n${lines(items.map((item) => ({ start: deeper, item })))}\n${indent}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, item]) => ({ start: `${deeper}${JSON.stringify(key)}: `, item }));
  return `{\n${lines(entries)}\n${indent}}`;

  function lines(parts: readonly { readonly start: string; readonly item: unknown }[]): string {
    return parts
      .map(({ start, item }, index) => {
        const comma = index + 1 < parts.length ? ',' : '';
        return start + text(item, deeper, start.length + comma.length) + comma;
      })
      .join('\n');
  }
}

/** An array on one line; undefined for what never is. */
function flatText(value: unknown): string | undefined {
  if (!Array.isArray(value)) return undefined;
  const items: readonly unknown[] = value;
  if (areNumbers(items)) return `[${items.join(', ')}]`;
  const only = items.length === 1 ? flatText(items[0]) : undefined;
  return only === undefined ? undefined : `[${only}]`;
}

function areNumbers(items: readonly unknown[]): items is readonly number[] {
  return items.every((item) => typeof item === 'number');
}

function filled(numbers: readonly number[], indent: string): string {
  const full: string[] = [];
  let line = '';
  for (const [index, number] of numbers.entries()) {
    const item = index + 1 < numbers.length ? `${number},` : String(number);
    if (line !== '' && line.length + 1 + item.length > LINE) {
      full.push(line);
      line = '';
    }
    line += line === '' ? indent + item : ` ${item}`;
  }
  return [...full, line].join('\n');
}

import type { LogLevel, LogLine } from '#contracts/ui-logs.ts';
import { LogLevel as Level } from '#contracts/ui-logs.ts';

/** What is looked for in the texts of lines. */
export interface TextQuery {
  readonly pattern: string;
  /** Otherwise plain text; letters count alike in both cases. */
  readonly regex: boolean;
}

/** The text of a line that is searched, and copied. */
export function lineText({ level, component, model, version, message, detail }: LogLine): string {
  const of = model === undefined ? '' : version === undefined ? model : `${model}/${version}`;
  return [level.toUpperCase(), component, of, message, detail].filter((part) => part !== '').join(' ');
}

/**
 * What is typed: `/pattern/` is a regular expression, everything else plain text.
 * @returns undefined for nothing.
 */
export function parseTextQuery(text: string): TextQuery | undefined {
  const trimmed = text.trim();
  const regex = /^\/(?<pattern>.+)\/$/su.exec(trimmed)?.groups?.['pattern'];
  if (regex !== undefined) return { pattern: regex, regex: true };
  return trimmed === '' ? undefined : { pattern: trimmed, regex: false };
}

/** Why a query cannot be used; undefined for one that can. */
export function queryProblem(query: TextQuery | undefined): string | undefined {
  if (!query?.regex) return undefined;
  try {
    compile(query);
    return undefined;
  } catch (error) {
    // The engine repeats what was typed, and with flags that were not.
    return String(error instanceof Error ? error.message : error).replace(
      /^Invalid regular expression: \/.*\/[a-z]*: /su,
      '',
    );
  }
}

/** @throws SyntaxError for a pattern that is no regular expression. */
export function compile({ pattern, regex }: TextQuery): RegExp {
  return new RegExp(regex ? pattern : pattern.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`), 'giu');
}

/** Which lines are shown, whatever is searched for. */
export interface LineFilter {
  /** This level and worse. */
  readonly level: LogLevel;
  readonly component: string | undefined;
  readonly model: string | undefined;
}

function passing(lines: readonly LogLine[], { level, component, model }: LineFilter): readonly LogLine[] {
  const levels = new Set(Level.options.slice(Level.options.indexOf(level)));
  return lines.filter(
    (line) =>
      levels.has(line.level) &&
      (component === undefined || line.component === component) &&
      (model === undefined || line.model === model),
  );
}

/** One row of the screen. */
export type LogRow =
  | { readonly kind: 'line'; readonly line: LogLine; readonly hit: boolean }
  /** Lines between two others that are not shown: filtered away, or missed. */
  | { readonly kind: 'gap'; readonly beforeLine: number; readonly count: number };

/** Rows of lines without a search: whoever has drawn one need not draw it again because others came. */
const PLAIN_ROWS = new WeakMap<LogLine, LogRow>();

function rowOf(line: LogLine, hit: boolean): LogRow {
  if (hit) return { kind: 'line', line, hit };
  const known = PLAIN_ROWS.get(line);
  if (known) return known;
  const row: LogRow = { kind: 'line', line, hit };
  PLAIN_ROWS.set(line, row);
  return row;
}

/**
 * The rows of the screen. A line that is no hit has the same row each time.
 * @param hits numbers of the lines that match the search; undefined without a search.
 * @param context where only hits are shown: as many lines around each are shown too. Undefined shows all lines.
 */
export function logRows(
  lines: readonly LogLine[],
  gaps: readonly { readonly beforeLine: number; readonly count: number }[],
  filter: LineFilter,
  hits: ReadonlySet<number> | undefined,
  context: number | undefined,
): readonly LogRow[] {
  const all = passing(lines, filter);
  const shown = hits === undefined || context === undefined ? all : aroundHits(all, hits, context);
  const missed = new Map(gaps.map(({ beforeLine, count }) => [beforeLine, count]));
  const rows: LogRow[] = [];
  for (const line of shown) {
    const count = missed.get(line.sequence);
    if (count !== undefined) rows.push({ kind: 'gap', beforeLine: line.sequence, count });
    rows.push(rowOf(line, hits?.has(line.sequence) ?? false));
  }
  return rows;
}

function aroundHits(lines: readonly LogLine[], hits: ReadonlySet<number>, context: number): readonly LogLine[] {
  const shown: LogLine[] = [];
  let next = 0;
  for (const [index, line] of lines.entries()) {
    if (!hits.has(line.sequence)) continue;
    const end = Math.min(lines.length, index + context + 1);
    for (next = Math.max(next, index - context); next < end; next += 1) {
      const neighbour = lines[next];
      if (neighbour) shown.push(neighbour);
    }
  }
  return shown;
}

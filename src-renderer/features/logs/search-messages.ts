import type { TextQuery } from './line-query.ts';
import { compile } from './line-query.ts';

/** One line as the searching thread has it. */
export interface SearchedLine {
  readonly sequence: number;
  readonly text: string;
}

export type SearchRequest =
  | { readonly kind: 'add'; readonly id: number; readonly lines: readonly SearchedLine[] }
  /** Forgets all lines. */
  | { readonly kind: 'clear'; readonly id: number }
  /** Looks for this from now on, in all lines. */
  | { readonly kind: 'query'; readonly id: number; readonly query: TextQuery | undefined };

/** To each request one answer: which of the lines that are new to the query match it. */
export interface SearchAnswer {
  readonly id: number;
  readonly hits: readonly number[];
}

/** What the searching thread does: apart from it, so that it can be tested without one. */
export function createSearcher(): (request: SearchRequest) => SearchAnswer {
  let lines: SearchedLine[] = [];
  let expression: RegExp | undefined;

  const hitsAmong = (some: readonly SearchedLine[]): readonly number[] => {
    if (!expression) return [];
    const hits: number[] = [];
    for (const { sequence, text } of some) {
      expression.lastIndex = 0;
      if (expression.test(text)) hits.push(sequence);
    }
    return hits;
  };

  return (request) => {
    switch (request.kind) {
      case 'add':
        lines.push(...request.lines);
        return { id: request.id, hits: hitsAmong(request.lines) };
      case 'clear':
        lines = [];
        return { id: request.id, hits: [] };
      case 'query':
        expression = request.query && compile(request.query);
        return { id: request.id, hits: hitsAmong(lines) };
      default:
        return request satisfies never;
    }
  };
}

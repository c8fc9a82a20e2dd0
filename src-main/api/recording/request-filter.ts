import type { RequestOutcome } from '../../contracts/request-outcome.ts';
import { STATUS } from '../../contracts/serving-error.ts';
import type { RequestFilter, RequestRow } from '../../contracts/ui-traffic.ts';

/** What became of a call, by whose fault. */
export type Verdict = 'ok' | 'clientError' | 'serverError';

export function verdictOf(code: RequestOutcome['code']): Verdict {
  if (code === 'OK') return 'ok';
  return STATUS[code].http < 500 ? 'clientError' : 'serverError';
}

/** A record as far as filters look at it. */
export type Filtered = Pick<
  RequestRow,
  'atMs' | 'entrypoint' | 'method' | 'model' | 'version' | 'httpStatus' | 'client' | 'error'
> & {
  readonly code: RequestOutcome['code'];
};

/** @returns whether a record is wanted. */
export function requestTest(filter: RequestFilter): (record: Filtered) => boolean {
  const { model, outcome, fromMs = -Infinity, toMs = Infinity } = filter;
  const words = (filter.text ?? '').toLowerCase().split(/\s+/u).filter(Boolean);
  return (record) => {
    if (record.atMs < fromMs || record.atMs >= toMs) return false;
    if (model !== undefined && record.model !== model) return false;
    if (outcome !== undefined) {
      const verdict = verdictOf(record.code);
      if (outcome === 'error' ? verdict === 'ok' : verdict !== outcome) return false;
    }
    if (words.length === 0) return true;
    const text = textOf(record);
    return words.every((word) => text.includes(word));
  };
}

function textOf({
  entrypoint,
  method,
  model,
  version = '',
  code,
  httpStatus,
  client = '',
  error = '',
}: Filtered): string {
  return `${entrypoint} ${method} ${model} v${version} ${code} ${httpStatus ?? ''} ${client} ${error}`.toLowerCase();
}

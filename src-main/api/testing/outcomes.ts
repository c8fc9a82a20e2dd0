import type { RequestOutcome } from '../../contracts/request-outcome.ts';
import { version } from './fake-models.ts';

/** A successful REST predict of model `m`, version 1, with what differs. */
export function outcome(differing: Partial<RequestOutcome> = {}): RequestOutcome {
  return {
    entrypoint: 'REST',
    method: 'predict',
    model: 'm',
    version: version('1'),
    code: 'OK',
    httpStatus: 200,
    client: undefined,
    error: undefined,
    startedAtMs: 1_700_000_000_000,
    durationMs: 2,
    queueMs: 0.5,
    runMs: 1,
    batchRows: 3,
    rows: 2,
    runRows: 3,
    paddingRows: 0,
    requestBytes: 17,
    responseBytes: 19,
    requestBody: [Buffer.from('{"instances": [1]}')],
    responseBody: Buffer.from('{"predictions": [1]}'),
    encoding: 'json',
    ...differing,
  };
}

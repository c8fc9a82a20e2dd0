import { describe, expect, it } from 'vitest';
import { ServingError } from '../../../contracts/serving-error.ts';
import { StoreMessage } from '../store-protocol.ts';
import { createPostedLog } from './posted-log.ts';

describe('createPostedLog', () => {
  it('posts what the protocol takes, and no words of errors that are not ours', () => {
    const posted: StoreMessage[] = [];
    const log = createPostedLog((message) => posted.push(StoreMessage.parse(message))).child({
      source: 's3://bucket/m',
    });
    const signed = Object.assign(new Error('Signature=s3cr3t'), {
      $response: { headers: { authorization: 's3cr3t' } },
    });
    log.warn(
      { error: new ServingError('UNAVAILABLE', 'the disk is full'), sizeBytes: 12, nothing: undefined },
      'evicted',
    );
    log.error({ error: signed }, 'failed');
    expect(posted).toEqual([
      {
        kind: 'log',
        level: 'warn',
        fields: { source: 's3://bucket/m', error: 'the disk is full', sizeBytes: '12', nothing: '' },
        message: 'evicted',
      },
      { kind: 'log', level: 'error', fields: { source: 's3://bucket/m', error: 'internal error' }, message: 'failed' },
    ]);
  });
});

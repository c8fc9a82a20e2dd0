import { describe, expect, it } from 'vitest';
import { fullStop } from './sentence.ts';

describe('fullStop', () => {
  it.each([
    ['No model here', 'No model here.'],
    ['Check the endpoint. [S3_UNREACHABLE]', 'Check the endpoint. [S3_UNREACHABLE]'],
    ['Ask again.', 'Ask again.'],
  ])('%s', (text, ended) => {
    expect(fullStop(text)).toBe(ended);
  });
});

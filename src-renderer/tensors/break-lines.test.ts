import { describe, expect, it } from 'vitest';
import { breakLines, hasLongLine } from './break-lines.ts';

const noPause = (): Promise<void> => Promise.resolve();

describe('a JSON text of one long line', () => {
  const value = {
    instances: Array.from({ length: 3000 }, (_, index) => ({
      name: `a, "b"\\,\n${index}`,
      x: [index, -(index + 1) / 3],
    })),
  };

  it.each([
    { form: 'compact', text: JSON.stringify(value) },
    { form: 'with blanks', text: JSON.stringify(value).replaceAll('],', '], ') },
    { form: 'of short lines already', text: JSON.stringify(value, null, 2) },
  ])('means the same in short lines: $form', async ({ text }) => {
    const broken = await breakLines(text, noPause);
    expect(JSON.parse(broken)).toEqual(value);
    expect(Math.max(...broken.split('\n').map((line) => line.length))).toBeLessThan(200);
    expect(hasLongLine(broken)).toBe(false);
  });

  it('is left as it is where nothing is long', async () => {
    const text = '{"instances": [1, 2],\n "x":\t"a,\\"b,"}\n';
    expect(await breakLines(text, noPause)).toBe(text);
    expect(hasLongLine(text)).toBe(false);
    expect(hasLongLine(JSON.stringify(value))).toBe(true);
  });

  it('is read in parts, and no further once it is given up', async () => {
    let pauses = 0;
    const long = `[${'1,'.repeat(2_500_000)}1]`;
    await breakLines(long, async () => {
      pauses += 1;
      await noPause();
    });
    expect(pauses).toBe(5);
    const givenUp = breakLines(long, () => Promise.reject(new Error('given up')));
    await expect(givenUp).rejects.toThrow('given up');
  });
});

import { describe, expect, it } from 'vitest';
import { drawDigit, drawStyle } from './digit-images.ts';
import { centredByMass, draw, fit, MIDDLE, SIZE, trace } from './ink.ts';
import { mouseDrawings } from './mouse-drawings.ts';
import { Random } from './random.ts';
import { STYLES } from './styles.ts';

const pictures = (seed: number) => {
  const random = new Random(seed);
  return Array.from({ length: 20 }, () => drawDigit(random, 'trained'));
};

describe('drawDigit', () => {
  it('draws the same for the same seed, and something else for another', () => {
    expect(pictures(1)).toEqual(pictures(1));
    expect(pictures(1)).not.toEqual(pictures(2));
  });

  it('draws all digits alike often', () => {
    const random = new Random(3);
    const counts = Array.from({ length: 10 }, () => 0);
    for (let index = 0; index < 1000; index += 1) {
      const { digit } = drawDigit(random, 'heldOut');
      counts[digit] = (counts[digit] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(70);
  });

  it.each(STYLES)('writes $digit ($name) as grey levels, with ink and paper', (style) => {
    const pixels = drawStyle(style, new Random(4));
    expect(pixels).toHaveLength(SIZE * SIZE);
    for (const ink of pixels) expect(ink * 255).toBeCloseTo(Math.round(ink * 255), 9);
    expect(Math.min(...pixels)).toBe(0);
    expect(Math.max(...pixels)).toBeGreaterThan(0.4);
    expect(Math.max(...pixels)).toBeLessThanOrEqual(1);
  });
});

describe('styles', () => {
  it('are several for each digit, of which some are never trained on', () => {
    for (let digit = 0; digit < 10; digit += 1) {
      const own = STYLES.filter((style) => style.digit === digit);
      expect(own.filter(({ heldOut }) => !heldOut).length).toBeGreaterThanOrEqual(5);
      expect(own.filter(({ heldOut }) => heldOut).length).toBeGreaterThanOrEqual(1);
      expect(new Set(own.map(({ heldOut, name }) => `${heldOut} ${name}`)).size).toBe(own.length);
    }
  });
});

describe('ink', () => {
  it('fits the longer side to the length, around the middle', () => {
    const [line] = fit(
      [
        [
          { x: 10, y: 0 },
          { x: 30, y: 80 },
        ],
      ],
      16,
      MIDDLE,
    );
    expect(line).toEqual([
      { x: 11.5, y: 5.5 },
      { x: 15.5, y: 21.5 },
    ]);
  });

  it('is full in the middle of a line, fades at its edge, and is nowhere else', () => {
    const picture = draw(
      [
        [
          { x: 5, y: 3 },
          { x: 5, y: 20 },
        ],
      ],
      { width: 3, softness: 1 },
    );
    const row = [...picture.subarray(10 * SIZE, 10 * SIZE + 10)];
    expect(row).toEqual([0, 0, 0, 0, 1, 1, 1, 0, 0, 0]);
    const thin = draw(
      [
        [
          { x: 5, y: 3 },
          { x: 5, y: 20 },
        ],
      ],
      { width: 2, softness: 1 },
    );
    expect([...thin.subarray(10 * SIZE + 3, 10 * SIZE + 8)]).toEqual([0, 0.5, 1, 0.5, 0]);
  });

  it('passes through the knots of a stroke and turns sharply at corners', () => {
    const knot = (x: number, y: number, corner = false) => ({ x, y, corner });
    const line = trace([knot(0, 0), knot(10, 5), knot(20, 0, true), knot(20, 30)]);
    for (const { x, y } of [knot(0, 0), knot(10, 5), knot(20, 0), knot(20, 30)]) expect(line).toContainEqual({ x, y });
    expect(line.slice(line.findLastIndex(({ x, y }) => x === 20 && y === 0))).toHaveLength(2);
  });

  it('comes to the middle by its mass', () => {
    const corner = draw(
      [
        [
          { x: 3, y: 4 },
          { x: 3, y: 8 },
        ],
      ],
      { width: 2, softness: 1 },
    );
    const centred = centredByMass(corner);
    const rows = [...centred.entries()].filter(([, ink]) => ink === 1).map(([index]) => index % SIZE);
    expect(new Set(rows)).toEqual(new Set([14]));
    expect(centredByMass(new Float64Array(SIZE * SIZE))).toEqual(new Float64Array(SIZE * SIZE));
  });
});

it('has drawings made with a mouse of every digit', () => {
  expect(mouseDrawings().map(({ digit }) => digit)).toEqual(
    Array.from({ length: 30 }, (_, index) => Math.floor(index / 3)),
  );
});

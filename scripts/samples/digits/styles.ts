/**
 * The ways in which people write the ten digits, as pen strokes on a sheet of 100 by 100, x to the right and y down.
 * The held-out ones are never trained on: they show whether a model has learned digits or only these drawings.
 */

/** A place that the pen passes: in a smooth curve, or turning sharply where it is a corner. */
export interface Knot {
  readonly x: number;
  readonly y: number;
  readonly corner: boolean;
}

/** From where the pen touches the paper to where it leaves it. */
export type PenStroke = readonly Knot[];

export interface Style {
  readonly digit: number;
  /** Unique among the styles of its digit. */
  readonly name: string;
  readonly heldOut: boolean;
  readonly strokes: readonly PenStroke[];
}

type Drawings = Readonly<Record<string, readonly PenStroke[]>>;

const TRAINED: readonly Drawings[] = [
  {
    oval: [smooth('50,5 25,20 15,50 25,82 50,95 76,82 85,50 74,18 50,5')],
    'crossing at the top': [smooth('62,10 35,8 16,40 21,80 48,95 79,76 84,40 68,12 42,5 30,14')],
    'left open': [smooth('58,8 32,12 15,45 22,80 50,95 78,78 85,45 74,16 62,14')],
    'clockwise from the left': [smooth('30,12 55,4 80,25 86,55 70,88 45,95 20,75 15,42 28,14 46,6')],
    boxy: [smooth('50,5 22,8 15,30 15,70 24,93 50,95 78,92 85,68 85,30 77,8 50,5')],
    slashed: [smooth('50,5 25,20 15,50 25,82 50,95 76,82 85,50 74,18 50,5'), straight('76,14 24,86')],
  },
  {
    stick: [straight('50,5 50,95')],
    bent: [smooth('46,5 51,35 52,65 50,95')],
    flag: [straight('30,26 52,5 52,95')],
    'long flag': [straight('18,48 56,5 56,95')],
    'curved long flag': [smooth('16,46 40,32 55,5! 55,95')],
    'flag and base': [straight('30,24 52,5 52,95'), straight('26,95 80,95')],
    'small flag and base': [straight('38,16 52,5 52,95'), straight('22,94 82,95')],
    base: [straight('50,5 50,95'), straight('26,95 76,95')],
  },
  {
    'straight base': [smooth('18,28 30,9 55,5 78,18 76,40 52,65 15,94! 88,94')],
    swan: [smooth('20,22 44,5 72,12 78,34 60,62 36,82 14,94! 50,90 90,95')],
    'wavy base': [smooth('18,26 36,7 64,6 80,24 70,48 40,74 14,92! 36,83 64,94 90,88')],
    loop: [smooth('20,25 40,6 70,8 80,28 65,55 38,82 18,92 12,82 26,74 50,86 70,95 90,88')],
    'small loop': [smooth('16,20 42,5 74,14 76,38 54,66 28,90 16,90 20,80 38,84 60,92 88,94')],
    angular: [straight('16,10 80,10 16,93 88,93')],
    'flat top': [smooth('18,14 50,6 80,10 76,34 48,64 16,93! 86,92')],
  },
  {
    round: [smooth('18,18 40,5 70,10 76,28 62,43 42,48! 68,54 82,72 68,92 38,96 14,82')],
    'shallow middle': [smooth('20,14 48,4 74,16 72,36 56,47! 76,58 82,78 62,95 34,95 14,84')],
    'flat top': [smooth('18,8 80,8! 45,42! 72,50 83,72 65,93 35,95 14,83')],
    'loop in the middle': [smooth('18,15 50,5 75,20 64,42 42,52 36,45 50,44 76,60 76,86 44,96 14,84')],
    'small top': [smooth('24,14 46,5 66,14 64,32 40,40! 72,46 86,70 70,92 40,96 12,84')],
    'long arm': [smooth('12,12 44,6 72,14 66,34 30,50! 66,52 84,72 66,94 36,96 16,90')],
  },
  {
    open: [straight('28,5 16,55 86,55'), straight('66,22 66,95')],
    'open and round': [smooth('24,5 18,36 30,56 54,56 74,46'), straight('76,6 70,95')],
    'open in one stroke': [smooth('22,6 18,40 34,54 60,50 78,36 80,6! 74,95')],
    closed: [straight('66,95 66,5 12,65 92,65')],
    'closed by a stem': [straight('62,6 14,62 90,62'), straight('64,8 64,95')],
    'short stem': [straight('50,5 14,62 88,62'), straight('60,38 58,95')],
    'narrow and open': [straight('36,5 20,60 82,58'), straight('76,5 62,95')],
  },
  {
    'one stroke': [smooth('80,7 28,8! 22,45! 50,38 80,54 80,80 56,95 18,88')],
    'bar apart': [smooth('28,8 24,44! 52,38 80,54 80,80 54,95 16,88'), straight('30,8 82,6')],
    'bar away': [smooth('26,14 24,46! 54,40 80,58 78,82 52,95 18,86'), straight('34,8 86,4')],
    angular: [straight('80,7 24,7 22,44 64,42 80,60 78,82 58,94 18,92')],
    'round belly': [smooth('76,6 34,7! 28,40 56,38 82,60 72,90 42,97 16,80')],
    slack: [smooth('82,10 50,7 30,12 26,42! 60,46 78,66 66,90 38,95 16,90')],
  },
  {
    curved: [smooth('70,5 40,20 20,52 20,78 42,96 72,88 80,68 60,52 34,58 20,76')],
    straight: [smooth('64,4 42,34 22,66 26,90 52,97 76,84 74,62 52,54 24,72')],
    upright: [smooth('30,4 22,40 20,74 36,95 66,94 82,76 70,58 44,56 22,74')],
    'small belly': [smooth('66,4 34,26 18,62 24,88 46,96 66,86 66,70 48,64 22,76')],
    'large belly': [smooth('74,8 46,12 22,40 16,70 36,95 68,93 86,70 72,46 42,42 18,60')],
    'open belly': [smooth('68,5 36,24 18,60 26,90 54,96 76,82 72,62 52,56 36,66')],
  },
  {
    plain: [straight('14,8 84,8 42,95')],
    'curved stem': [smooth('14,10 84,9! 60,45 46,72 40,95')],
    crossed: [straight('14,8 84,8 40,95'), straight('28,50 76,50')],
    serif: [straight('15,26 16,8 84,8 40,95')],
    'crossed with serif': [straight('14,24 16,8 84,8 38,95'), straight('26,52 74,48')],
    'wavy top': [smooth('12,16 30,6 56,14 86,6! 56,50 44,95')],
    steep: [straight('20,8 80,10 58,95')],
    'round shoulder': [smooth('14,12 48,6 78,12 74,36 54,66 44,95')],
  },
  {
    'one stroke': [smooth('72,18 50,5 26,16 30,36 52,49 76,66 70,90 46,96 22,84 28,62 52,47 72,34 72,18')],
    'open at the top': [smooth('76,16 54,5 28,14 32,36 62,56 76,80 52,96 24,86 34,60 64,38 80,10')],
    'two circles': [
      smooth('50,5 28,14 30,38 50,46 70,38 72,14 50,5'),
      smooth('50,46 24,58 20,80 50,96 80,80 76,58 50,46'),
    ],
    'circle on a circle': [
      smooth('50,48 30,38 32,14 52,5 72,16 68,40 50,48'),
      smooth('48,47 20,66 30,92 60,96 82,78 70,54 48,47'),
    ],
    'from the left': [smooth('30,20 50,5 74,14 70,36 46,50 22,70 30,92 58,96 78,80 66,58 40,42 28,24 34,12')],
  },
  {
    'straight stem': [smooth('76,26 58,6 32,8 20,30 34,50 60,48 76,24! 72,60 70,95')],
    'from the right': [smooth('74,10 44,5 20,24 28,48 56,48 74,30 78,10! 66,95')],
    'curved stem': [smooth('76,26 58,6 30,10 20,32 38,50 64,44 77,24 78,58 62,86 30,95')],
    hook: [smooth('76,22 54,5 28,12 22,34 42,48 68,38 78,16! 80,60 68,90 44,97 20,86')],
    leaning: [smooth('72,30 60,8 36,8 24,28 38,46 62,42 74,20! 60,60 40,95')],
    'large loop': [smooth('82,34 62,6 30,8 14,34 32,60 64,58 82,30! 78,95')],
    'open loop': [smooth('70,12 40,5 20,28 34,50 60,46 76,14! 74,56 66,95')],
  },
];

const HELD_OUT: readonly Drawings[] = [
  {
    'loop at the top': [smooth('70,8 52,14 26,16 14,48 24,82 50,95 78,80 86,48 72,20 50,8 40,12 48,20')],
  },
  {
    'curved flag and base': [smooth('32,24 44,18 52,5! 52,95!'), smooth('30,94 52,96 74,94')],
    'slanted flag': [straight('34,38 62,5 46,95')],
  },
  {
    'hooked top': [smooth('34,34 22,22 36,6 64,5 82,24 70,50 42,76 14,94! 86,90')],
    'straight neck': [smooth('16,24 40,6 70,8 80,30! 18,92! 90,90')],
  },
  {
    angular: [straight('20,8 76,12 44,44 78,66 64,92 18,92')],
    'hooked end': [smooth('16,24 30,8 60,5 76,24 60,42 44,46! 78,54 84,80 52,97 20,88 18,74')],
  },
  {
    'round corner': [smooth('30,6 18,42 30,58 86,54'), straight('70,18 62,96')],
    'crossing at the top': [straight('72,10 14,66 92,64'), straight('66,4 68,95')],
  },
  {
    snake: [smooth('78,9 48,7 30,16 28,36 54,46 78,60 74,86 44,96 16,87')],
    'long neck': [smooth('74,5 30,6! 26,56! 54,50 76,66 68,90 40,96 18,88')],
  },
  {
    'curled top': [smooth('76,18 62,5 38,14 20,45 18,75 40,95 70,92 82,72 66,54 38,58 20,76')],
  },
  {
    'curved and crossed': [smooth('12,18 30,8 82,9! 58,48 46,95'), straight('30,54 72,46')],
  },
  {
    'from the middle': [smooth('50,48 26,30 34,8 64,6 74,26 50,48 22,70 36,95 66,95 78,72 50,48')],
  },
  {
    'diagonal stem': [smooth('72,28 54,6 26,16 26,42 54,50 74,22! 62,64 50,95')],
    'low hook': [smooth('78,20 50,4 24,22 34,48 62,46 79,22 76,70 54,96 28,88')],
  },
];

/** All styles, digit after digit. */
export const STYLES: readonly Style[] = [
  ...TRAINED.flatMap((drawings, digit) => stylesOf(digit, drawings, false)),
  ...HELD_OUT.flatMap((drawings, digit) => stylesOf(digit, drawings, true)),
];

function stylesOf(digit: number, drawings: Drawings, heldOut: boolean): readonly Style[] {
  return Object.entries(drawings).map(([name, strokes]) => ({ digit, name, heldOut, strokes }));
}

/** A stroke of straight lines; places are `x,y`. */
function straight(places: string): PenStroke {
  return knots(places).map((knot) => ({ ...knot, corner: true }));
}

/** A stroke that is smooth except at its corners, which end in `!`. */
function smooth(places: string): PenStroke {
  return knots(places);
}

function knots(places: string): PenStroke {
  return places.split(' ').map((place) => {
    const [, x, y, mark] = /^(\d+),(\d+)(!?)$/u.exec(place) ?? [];
    if (x === undefined || y === undefined) throw new Error(`"${place}" is no place of a stroke`);
    return { x: Number(x), y: Number(y), corner: mark === '!' };
  });
}

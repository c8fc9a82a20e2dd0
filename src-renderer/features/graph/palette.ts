import { readThemeColours } from '../../components/theme-colours.ts';
import type { Family } from './op-family.ts';

/** The colours of a drawing, as a canvas or an SVG file takes them. */
export type Palette = (name: ThemeColour) => string;

const COLOURS = [
  'canvas',
  'surface',
  'sunken',
  'ink',
  'muted',
  'faint',
  'line',
  'line-strong',
  'control',
  'accent',
  'ok',
  'warn',
  'idle',
  'code-keyword',
] as const;
type ThemeColour = (typeof COLOURS)[number];

/** Tokens of the theme by family. Never the only sign: the operator's name stands in the box. */
export const FAMILY_COLOUR: Readonly<Record<Family, ThemeColour>> = {
  layer: 'accent',
  activation: 'warn',
  normalisation: 'ok',
  reduction: 'code-keyword',
  shape: 'idle',
  math: 'control',
  control: 'ink',
};

/** The theme's colours as they are now. @param scheme to get those of one scheme whatever the page shows. */
export function readPalette(scheme?: 'light'): Palette {
  const colours = readThemeColours(document.body, COLOURS, scheme);
  return (name) => colours.get(name) ?? '';
}

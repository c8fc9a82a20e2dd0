/**
 * Which part of a whole, in thousandths: a smaller part would be a number with an exponent in the page, which assistive
 * technology does not read. @returns undefined where the whole is not known.
 */
export const wholeThousandths = (part: number, whole: number): number | undefined =>
  whole === 0 ? undefined : Math.round((part / whole) * 1000) / 1000;

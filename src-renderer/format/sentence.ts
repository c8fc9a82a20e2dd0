/** Ends a text with a full stop, unless it has one, or a code in brackets after it. */
export function fullStop(text: string): string {
  return /[.\]]$/u.test(text) ? text : `${text}.`;
}

/** A reason as a sentence of its own: with a capital letter. Quotes, paths and file names stay as they are. */
export function sentence(text: string): string {
  return /^[a-z]+[ ,]/u.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

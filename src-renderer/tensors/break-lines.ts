/** An editor takes its time for every key in a longer line. */
const MAX_LINE_CHARACTERS = 10_000;
/** A line that is broken has at least so many characters, where there are commas to break it at. */
const LINE_CHARACTERS = 100;
/** Read between two pauses: a few milliseconds of work. */
const CHARACTERS_AT_ONCE = 1_000_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const SPACE = 0x20;
const LINE_FEED = 0x0a;

/** Whether {@link breakLines} has anything to do. */
export function hasLongLine(text: string): boolean {
  for (let start = 0; start < text.length;) {
    const end = text.indexOf('\n', start);
    if ((end === -1 ? text.length : end) - start > MAX_LINE_CHARACTERS) return true;
    if (end === -1) return false;
    start = end + 1;
  }
  return false;
}

/**
 * The same JSON with line breaks after commas, so that an editor takes it well; other white space stays. A long string has
 * nowhere to break.
 * @param pause is awaited now and then, so that the page goes on meanwhile; it may throw, which ends the work.
 */
export async function breakLines(text: string, pause: () => Promise<void>): Promise<string> {
  const lines: string[] = [];
  let lineStart = 0;
  let isString = false;
  let nextPause = CHARACTERS_AT_ONCE;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) isString = !isString;
    else if (isString) {
      if (character === BACKSLASH) at++;
    } else if (character === LINE_FEED) {
      lines.push(text.slice(lineStart, at));
      lineStart = at + 1;
    } else if (character === COMMA && at - lineStart >= LINE_CHARACTERS && text.charCodeAt(at + 1) !== LINE_FEED) {
      lines.push(text.slice(lineStart, at + 1));
      // The break stands for the blank.
      if (text.charCodeAt(at + 1) === SPACE) at++;
      lineStart = at + 1;
    }
    if (at >= nextPause) {
      nextPause += CHARACTERS_AT_ONCE;
      await pause();
    }
  }
  lines.push(text.slice(lineStart));
  return lines.join('\n');
}

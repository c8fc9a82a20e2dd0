import type { Option } from './select-props.ts';

/** What was typed is forgotten after so long without another letter. */
const FORGET_MS = 1000;

/** What an arrow to the side chooses in a closed list: the next, or the one before; the first where none was chosen. */
export function optionBeside<K extends string>(
  key: string,
  options: readonly Option<K>[],
  selected: K | undefined,
): Option<K> | undefined {
  if (key !== 'ArrowLeft' && key !== 'ArrowRight') return undefined;
  const at = options.findIndex((option) => option.key === selected);
  if (at < 0) return options.find(isOn);
  return key === 'ArrowRight' ? options.slice(at + 1).find(isOn) : options.slice(0, at).findLast(isOn);
}

const isOn = ({ disabled = false }: Option<string>): boolean => !disabled;

export interface Typing {
  /**
   * The option that begins with what was typed. Where none does and it is one letter again and again, the next that begins
   * with that letter.
   * @param key of the keyboard; what is no character finds nothing.
   */
  readonly optionFor: <K extends string>(
    key: string,
    options: readonly Option<K>[],
    selected: K | undefined,
  ) => Option<K> | undefined;
}

/** Choosing in a closed list by typing. @param now milliseconds, of any clock that does not go back. */
export function createTyping(now: () => number = () => performance.now()): Typing {
  let typed = '';
  let lastMs = -Infinity;
  return {
    optionFor(key, options, selected) {
      if (now() - lastMs > FORGET_MS) typed = '';
      // A space opens the list.
      if (key.length !== 1 || key === ' ') return undefined;
      const letter = key.toLocaleLowerCase();
      lastMs = now();
      typed += letter;
      const at = options.findIndex((option) => option.key === selected);
      /** The first from a place on, and round. */
      const firstWith = (begin: string, from: number): (typeof options)[number] | undefined =>
        [...options.slice(from), ...options.slice(0, from)].find(
          (option) => isOn(option) && option.label.toLocaleLowerCase().startsWith(begin),
        );
      const isRepeat = typed === letter.repeat(typed.length);
      const found =
        (typed.length > 1 ? firstWith(typed, Math.max(at, 0)) : undefined) ??
        (isRepeat ? firstWith(letter, at + 1) : undefined);
      if (!found) typed = '';
      return found;
    },
  };
}

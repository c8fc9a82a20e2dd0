/**
 * Colours of the theme as a canvas or an SVG file takes them: those know no light-dark() and no variables.
 * @param parent in the page; the colours are those that hold there.
 * @param names of tokens, without `--color-`.
 * @param scheme to get those of one scheme whatever the page shows.
 */
export function readThemeColours<Name extends string>(
  parent: HTMLElement,
  names: readonly Name[],
  scheme?: 'light' | 'dark',
): ReadonlyMap<Name, string> {
  const probe = document.createElement('span');
  // Where the system chooses the colours it would choose the same for all: lines of a chart could not be told apart.
  probe.style.setProperty('forced-color-adjust', 'none');
  if (scheme) probe.style.colorScheme = scheme;
  parent.append(probe);
  const style = getComputedStyle(probe);
  const colours = new Map(
    names.map((name) => {
      probe.style.color = `var(--color-${name})`;
      return [name, style.color];
    }),
  );
  probe.remove();
  return colours;
}

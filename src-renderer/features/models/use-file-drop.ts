import { useEffect, useEffectEvent, useState } from 'react';

const holdsFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;

/**
 * Makes the whole window a target for files, but for those parts of the page that take files themselves (and prevent the
 * default of their events). While off, drops are still swallowed: the browser would open the file in place of the page.
 * @returns whether files are over the window now.
 */
export function useFileDrop(enabled: boolean, onDrop: (files: readonly File[]) => void): boolean {
  const [over, setOver] = useState(false);
  const dropped = useEffectEvent((files: readonly File[]) => {
    if (enabled) onDrop(files);
  });
  useEffect(() => {
    const listening = new AbortController();
    const { signal } = listening;
    const drag = (event: DragEvent): void => {
      if (!holdsFiles(event)) return;
      // A part of the page that takes files itself has said so already.
      setOver(!event.defaultPrevented);
      event.preventDefault();
    };
    window.addEventListener('dragenter', drag, { signal });
    window.addEventListener('dragover', drag, { signal });
    // Leaving a child also bubbles here; only leaving the window has no related target.
    window.addEventListener('dragleave', (event) => event.relatedTarget === null && setOver(false), { signal });
    window.addEventListener(
      'drop',
      (event) => {
        if (!holdsFiles(event)) return;
        const isTaken = event.defaultPrevented;
        event.preventDefault();
        setOver(false);
        if (isTaken) return;
        dropped([...(event.dataTransfer?.files ?? [])]);
      },
      { signal },
    );
    return () => listening.abort();
  }, []);
  return over && enabled;
}

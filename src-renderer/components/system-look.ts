import { useEffect, useState } from 'react';

/** Changes when the system's colours do, so that what was drawn with them is drawn again. */
export function useSystemLook(): number {
  const [changes, setChanges] = useState(0);
  useEffect(() => {
    const listening = new AbortController();
    for (const query of ['(prefers-color-scheme: dark)', '(prefers-contrast: more)', '(forced-colors: active)']) {
      matchMedia(query).addEventListener('change', () => setChanges((count) => count + 1), {
        signal: listening.signal,
      });
    }
    return () => listening.abort();
  }, []);
  return changes;
}

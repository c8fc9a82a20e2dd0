import { useEffect, useRef } from 'react';

/** Those whose dialog is open: nothing else holds an element outside the page. */
const asking = new Set<HTMLInputElement>();

/**
 * What opens the system's dialog for one file. The element that asks is in no page: the part of a page that asked may
 * be drawn anew while the dialog is open, and the choice would be lost with it.
 * @param take as it is when the file is chosen; it is not called when the dialog is closed without a choice
 * @param accept ends of names or media types, such as `.npy,.csv`
 */
export function useChooseFile(take: (file: File) => void, accept?: string): () => void {
  const latest = useRef(take);
  useEffect(() => {
    latest.current = take;
  }, [take]);
  return () => {
    const picker = document.createElement('input');
    picker.type = 'file';
    if (accept !== undefined) picker.accept = accept;
    asking.add(picker);
    picker.addEventListener('cancel', () => asking.delete(picker));
    picker.addEventListener(
      'change',
      () => {
        asking.delete(picker);
        const [file] = picker.files ?? [];
        if (file) latest.current(file);
      },
      { once: true },
    );
    picker.click();
  };
}

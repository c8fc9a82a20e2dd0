import { useEffect, useState } from 'react';

const DELAY_MS = 150;

/** Grey rows while something loads; nothing for the first moment, so that a quick answer does not flicker. */
export function Skeleton({ rows, label }: { readonly rows: number; readonly label: string }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), DELAY_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!shown) return null;
  return (
    <div role="status" aria-label={label} className="flex flex-col gap-2">
      {Array.from({ length: rows }, (_, row) => (
        <div
          key={row}
          className="flex h-[74px] animate-pulse flex-col justify-center gap-3 rounded-lg border border-line bg-surface px-4"
        >
          <div className="h-3 w-48 rounded-sm bg-active" />
          <div className="h-2.5 w-full max-w-xl rounded-sm bg-active" />
        </div>
      ))}
    </div>
  );
}

import type { ReactNode } from 'react';

/** One group of facts about a model. */
export function Card({
  title,
  aside,
  isWide = false,
  children,
}: {
  readonly title: string;
  readonly aside?: ReactNode;
  /** Takes the place of two. */
  readonly isWide?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <section className={`min-w-0 rounded-lg border border-line bg-surface px-4 py-3 ${isWide ? 'col-span-full' : ''}`}>
      <div className="mb-2 flex items-center gap-2">
        <h2 className="text-sm font-semibold">{title}</h2>
        {aside !== undefined && <div className="flex items-center gap-2 text-xs text-faint">{aside}</div>}
      </div>
      {children}
    </section>
  );
}

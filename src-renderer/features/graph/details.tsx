import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { useEffect, useRef } from 'react';
import { IconButton } from '../../components/button.tsx';
import { ScrollArea } from '../../components/scroll-area.tsx';
import { strings } from '../../strings/index.ts';

const text = strings.graph;

/** A panel beside the table or the drawing, about one thing of it. In a narrow window it stands below them. */
export function Details({
  title,
  subtitle,
  takesFocus,
  onClose,
  children,
}: {
  readonly title: ReactNode;
  readonly subtitle?: ReactNode;
  /** Another object each time when the focus is to come here; undefined where it stays. */
  readonly takesFocus: object | undefined;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (takesFocus) heading.current?.focus();
  }, [takesFocus]);
  return (
    <aside
      aria-label={text.details}
      className="flex w-92 shrink-0 flex-col border-s border-line bg-surface @max-3xl:h-2/5 @max-3xl:w-auto @max-3xl:border-s-0 @max-3xl:border-t"
    >
      <header className="flex items-start gap-2 border-b border-line py-2 ps-4 pe-2">
        <div className="min-w-0 flex-1">
          <h2 ref={heading} tabIndex={-1} className="text-sm font-semibold break-words">
            {title}
          </h2>
          {subtitle !== undefined && <div className="font-mono text-2xs break-all text-muted">{subtitle}</div>}
        </div>
        <IconButton icon={X} label={text.closeDetails} onClick={onClose} />
      </header>
      <ScrollArea label={text.detailsOf} className="flex min-h-0 flex-1 flex-col gap-4 px-4 py-3">
        {children}
      </ScrollArea>
    </aside>
  );
}

/** A part of the panel. */
export function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section>
      <h3 className="mb-1 text-xs font-medium text-muted">{title}</h3>
      {children}
    </section>
  );
}

/** A way to something else of the graph, in running text. */
export function GraphLink({ onClick, children }: { readonly onClick: () => void; readonly children: ReactNode }) {
  return (
    <button type="button" onClick={onClick} className="rounded-sm text-start break-all text-accent hover:underline">
      {children}
    </button>
  );
}

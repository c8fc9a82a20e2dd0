import type { ReactNode } from 'react';

/** A part of the page, with an id for tests: `design-NAME`. */
export function Samples({
  name,
  title,
  children,
}: {
  readonly name: string;
  readonly title: string;
  readonly children: ReactNode;
}) {
  return (
    <section id={`design-${name}`} aria-labelledby={`design-${name}-title`} className="flex flex-col gap-3">
      <h2 id={`design-${name}-title`} className="text-md font-semibold">
        {title}
      </h2>
      {children}
    </section>
  );
}

/** One component in one state, with its name. */
export function Sample({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <p className="text-2xs text-faint">{label}</p>
      {children}
    </div>
  );
}

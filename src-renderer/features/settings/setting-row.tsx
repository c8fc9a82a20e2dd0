import { RotateCw, Zap } from 'lucide-react';
import type { ReactNode } from 'react';
import { useEffect, useId, useRef } from 'react';
import { useSearch } from 'wouter';
import { Chip } from '../../components/badge.tsx';
import { strings } from '../../strings/index.ts';

const words = strings.settings.row;

/** One thing that can be set, done or looked up. */
export interface SettingRow {
  /** Of all sections together. */
  readonly id: string;
  /** Title of the group that it stands in; rows of one group follow each other. */
  readonly group: string;
  readonly name: string;
  readonly text: string;
  readonly control: ReactNode;
  /** Takes the whole width under both: what does not fit beside the text. */
  readonly below?: ReactNode;
  /** `live`: a change holds at once. `start`: the server reads it when it starts. Left out where nothing can be set. */
  readonly applies?: 'live' | 'start' | undefined;
  /** The flag that sets it, without its dashes. */
  readonly flag?: string | undefined;
  readonly fallback?: string | undefined;
  /** Whether it differs from its default. */
  readonly isChanged?: boolean;
  /** In force now, and not kept for the next start. */
  readonly isTemporary?: boolean;
  /** Stands beside the default. */
  readonly meta?: ReactNode;
  /** What went wrong when it was changed. */
  readonly problem?: string | undefined;
  /** Further words by which it is found. */
  readonly words?: string | undefined;
}

/** The rows of one group, on one card. */
export function SettingGroup({ title, rows }: { readonly title: string; readonly rows: readonly SettingRow[] }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="flex flex-col gap-1.5">
      <h3 id={id} className="px-1 text-xs font-semibold text-muted">
        {title}
      </h3>
      <ul className="flex flex-col divide-y divide-line overflow-clip rounded-lg border border-line bg-surface">
        {rows.map((row) => (
          <Row key={row.id} row={row} />
        ))}
      </ul>
    </section>
  );
}

function Row({ row }: { readonly row: SettingRow }) {
  const item = useRef<HTMLLIElement>(null);
  // `?at=restPort`: whoever was sent to this row can change it at once.
  const isAsked = new URLSearchParams(useSearch()).get('at') === row.id;
  useEffect(() => {
    if (isAsked) item.current?.querySelector<HTMLElement>('input, button:not(:disabled)')?.focus();
  }, [isAsked]);
  return (
    <li
      ref={item}
      data-setting={row.id}
      className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 px-4 py-2.5 hover:bg-hover/40"
    >
      <div className="flex min-w-56 flex-[1_1_18rem] flex-col">
        <p className="flex flex-wrap items-center gap-x-2 text-sm font-medium">
          {row.name}
          {row.isTemporary ? <Chip>{words.temporary}</Chip> : row.isChanged && <Chip>{words.changed}</Chip>}
        </p>
        {row.text !== '' && <p className="max-w-xl text-xs text-muted">{row.text}</p>}
        <Facts row={row} />
        {row.problem !== undefined && (
          <p role="alert" className="text-xs text-bad">
            {row.problem}
          </p>
        )}
      </div>
      <div className="flex max-w-full min-w-0 items-center justify-end gap-2 text-sm">{row.control}</div>
      {row.below !== undefined && <div className="min-w-0 basis-full empty:hidden">{row.below}</div>}
    </li>
  );
}

/** When a change holds, what sets it, and what it is by default. */
function Facts({ row: { applies, flag, fallback, meta } }: { readonly row: SettingRow }) {
  if (applies === undefined && flag === undefined && fallback === undefined && meta === undefined) return null;
  const Icon = applies === 'live' ? Zap : RotateCw;
  return (
    <p className="mt-0.5 flex flex-wrap items-center gap-x-3 gap-y-0.5 text-2xs text-faint">
      {applies !== undefined && (
        <span
          className="flex items-center gap-1"
          title={applies === 'live' ? words.liveTitle : words.restartTitle}
          data-applies={applies}
        >
          <Icon aria-hidden size={11} />
          {applies === 'live' ? words.live : words.restart}
        </span>
      )}
      {flag !== undefined && <code className="font-mono break-all">--{flag}</code>}
      {fallback !== undefined && (
        <span>
          {words.default}: {fallback}
        </span>
      )}
      {meta}
    </p>
  );
}

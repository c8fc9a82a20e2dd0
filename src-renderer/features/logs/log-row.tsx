import { CircleAlert, Dot, Info, TriangleAlert } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import { Fragment, memo } from 'react';
import type { LogLevel, LogLine } from '#contracts/ui-logs.ts';
import { Ago } from '../../components/time.tsx';
import { formatCount } from '../../format/quantity.ts';
import { formatAbsolute, formatClock } from '../../format/time.ts';
import { strings } from '../../strings/index.ts';
import type { LogRow } from './line-query.ts';

const LEVELS: Readonly<Record<LogLevel, { readonly icon: LucideIcon; readonly tone: string }>> = {
  debug: { icon: Dot, tone: 'text-faint' },
  info: { icon: Info, tone: 'text-muted' },
  warn: { icon: TriangleAlert, tone: 'text-warn' },
  error: { icon: CircleAlert, tone: 'text-bad' },
};

export interface LogRowLook {
  readonly wrap: boolean;
  readonly relativeTimes: boolean;
  /** What to add to the server's clock to get this computer's. */
  readonly clockOffsetMs: number;
  /** Parts of the text that match are marked. */
  readonly expression: RegExp | undefined;
}

/** One line, or a hole between two. */
export const LogRowView = memo(function LogRowView({
  row,
  look,
  isCurrent,
}: {
  readonly row: LogRow;
  readonly look: LogRowLook;
  /** The hit that one has jumped to. */
  readonly isCurrent: boolean;
}) {
  if (row.kind === 'gap') {
    return (
      <p className="rounded-sm bg-warn-soft px-2 py-0.5 text-xs text-warn">
        {strings.logs.gap(formatCount(row.count))}
      </p>
    );
  }
  return <Line line={row.line} look={look} mark={isCurrent ? 'current' : row.hit ? 'hit' : undefined} />;
});

function Line({
  line,
  look,
  mark,
}: {
  readonly line: LogLine;
  readonly look: LogRowLook;
  readonly mark: 'hit' | 'current' | undefined;
}) {
  const { icon: Icon, tone } = LEVELS[line.level];
  const of = line.model === undefined ? '' : line.version === undefined ? line.model : `${line.model}/${line.version}`;
  const atMs = line.atMs - look.clockOffsetMs;
  const flow = look.wrap ? 'whitespace-pre-wrap wrap-anywhere' : 'truncate';
  return (
    <div
      className={`grid grid-cols-[6rem_4.75rem_5.5rem_minmax(0,1fr)] items-baseline gap-x-2 py-px text-xs @max-2xl:grid-cols-[6rem_4.75rem_minmax(0,1fr)] ${mark === 'current' ? 'outline-2 -outline-offset-2 outline-accent' : ''}`}
      data-level={line.level}
      data-hit={mark !== undefined}
    >
      <span className="font-mono text-2xs whitespace-nowrap text-faint">
        {look.relativeTimes ? (
          <Ago atMs={line.atMs} />
        ) : (
          <time dateTime={new Date(line.atMs).toISOString()} title={formatAbsolute(atMs)}>
            {formatClock(atMs)}.{String(Math.floor(atMs % 1000)).padStart(3, '0')}
          </time>
        )}
      </span>
      <span className={`flex items-baseline gap-1 ${tone}`}>
        <Icon aria-hidden size={12} className="shrink-0 translate-y-0.5" />
        <span className="text-2xs font-medium">{strings.logs.levels[line.level]}</span>
      </span>
      <span className="truncate text-2xs text-muted @max-2xl:hidden">
        <Marked text={line.component} expression={mark && look.expression} />
      </span>
      <span className={`min-w-0 font-mono @max-lg:col-span-full ${flow}`}>
        {of !== '' && (
          <span className="text-accent">
            <Marked text={of} expression={mark && look.expression} />{' '}
          </span>
        )}
        <span className={line.level === 'error' ? 'text-bad' : 'text-ink'}>
          <Marked text={line.message} expression={mark && look.expression} />
        </span>
        {line.detail !== '' && (
          <span className="text-muted">
            {'  '}
            <Marked
              text={look.wrap ? line.detail : line.detail.replaceAll('\n', ' ')}
              expression={mark && look.expression}
            />
          </span>
        )}
      </span>
    </div>
  );
}

/** Hits that are marked in one text: more say nothing. */
const MAX_MARKS = 50;

/** A text with what matches marked. The expression was tried on this line already, so it is quick. */
function Marked({ text, expression }: { readonly text: string; readonly expression: RegExp | undefined }) {
  if (!expression) return text;
  const parts: { readonly text: string; readonly hit: boolean; readonly at: number }[] = [];
  let at = 0;
  for (const match of text.matchAll(expression)) {
    if (match[0] === '' || parts.length > 2 * MAX_MARKS) continue;
    if (match.index > at) parts.push({ text: text.slice(at, match.index), hit: false, at });
    at = match.index + match[0].length;
    parts.push({ text: match[0], hit: true, at: match.index });
  }
  parts.push({ text: text.slice(at), hit: false, at });
  return parts.map((part) =>
    part.hit ? (
      <mark key={part.at} className="rounded-xs bg-warn-soft text-warn">
        {part.text}
      </mark>
    ) : (
      <Fragment key={part.at}>{part.text}</Fragment>
    ),
  );
}

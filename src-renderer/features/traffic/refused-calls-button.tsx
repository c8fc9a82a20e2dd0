import { ShieldAlert } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { RefusedCalls, TrafficBoard } from '#contracts/ui-traffic.ts';
import { PopoverButton } from '../../components/popover.tsx';
import { Ago } from '../../components/time.tsx';
import { formatCount, plural } from '../../format/quantity.ts';
import { errorText } from '../../stores/commands.ts';
import { useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';

const text = strings.traffic.refused;
const { columns } = text;

/** How many calls were turned away before they reached a model, and on demand whose they were. */
export function RefusedCallsButton({ refused }: { readonly refused: NonNullable<TrafficBoard['refused']> }) {
  return (
    <div className="flex items-center gap-2 px-5 pb-2 text-xs text-muted">
      <PopoverButton label={text.who} size="sm" placement="bottom start" renderContent={() => <Callers {...refused} />}>
        <ShieldAlert aria-hidden size={14} className="text-warn" />
        <span className="tabular-nums">{text.title(plural(refused.count, text.call))}</span>
      </PopoverButton>
      <span>
        {text.last} <Ago atMs={refused.lastMs} />
      </span>
    </div>
  );
}

/** @param count of all: where it is another, there is more to ask for. */
function Callers({ count }: { readonly count: number }) {
  const { commands } = useServices();
  const [callers, setCallers] = useState<readonly RefusedCalls[]>([]);
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    if (count === 0) return undefined;
    const closed = new AbortController();
    commands
      .run('refusedCalls', {}, closed.signal)
      .then((answer) => {
        setCallers(answer.callers);
        setProblem(undefined);
      })
      .catch((error: unknown) => {
        if (!closed.signal.aborted) setProblem(errorText(error));
      });
    return () => closed.abort();
  }, [commands, count]);
  const head = 'px-2 py-1 text-start font-medium';
  return (
    <div className="flex w-160 max-w-full flex-col gap-3 p-4">
      <h2 className="text-sm font-semibold">{text.who}</h2>
      <p className="text-xs text-muted">{text.text}</p>
      {problem !== undefined && (
        <p role="alert" className="text-xs text-bad">
          {text.failed}: {problem}
        </p>
      )}
      {callers.length > 0 && (
        <div className="max-h-72 overflow-auto rounded-md border border-line">
          <table aria-label={text.who} className="w-full text-xs">
            <thead className="border-b border-line bg-sunken text-2xs text-muted">
              <tr>
                <th className={head}>{columns.from}</th>
                <th className={head}>{columns.why}</th>
                <th className={`${head} text-end`}>{columns.count}</th>
                <th className={head}>{columns.last}</th>
              </tr>
            </thead>
            <tbody className="divide-y divide-line">
              {callers.map((caller) => (
                <Caller key={`${caller.address ?? ''} ${caller.entrypoint} ${caller.code}`} caller={caller} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

function Caller({ caller: { address, entrypoint, code, reason, count, lastMs } }: { readonly caller: RefusedCalls }) {
  return (
    <tr className="align-top">
      <th scope="row" className="px-2 py-1.5 text-start font-normal whitespace-nowrap">
        <span className="block font-mono">{address ?? text.others}</span>
        <span className="text-muted">{entrypoint === 'GRPC' ? 'gRPC' : 'REST'}</span>
      </th>
      <td className="px-2 py-1.5">
        <span className="block font-medium text-warn">
          {code === 'UNAUTHENTICATED' ? text.unauthenticated : text.denied}
        </span>
        <span className="wrap-anywhere text-muted">{reason}</span>
      </td>
      <td className="px-2 py-1.5 text-end font-medium tabular-nums">{formatCount(count)}</td>
      <td className="px-2 py-1.5 whitespace-nowrap text-muted">
        <Ago atMs={lastMs} />
      </td>
    </tr>
  );
}

import { Settings } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { ServingEndpoint, ServingView } from '#contracts/ui-serving.ts';
import type { ServerView } from '#contracts/ui.ts';
import { buttonClass } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy.tsx';
import { TONE_TEXT } from '../../components/notice.tsx';
import { PopoverButton } from '../../components/popover.tsx';
import { ProgressBar } from '../../components/progress-bar.tsx';
import { Ago } from '../../components/time.tsx';
import { plural } from '../../format/quantity.ts';
import { strings } from '../../strings/index.ts';
import { ServingControl } from './serving-control.tsx';
import { SERVING_LOOK } from './serving-look.ts';
import { problemTitle, useServingProblem } from './serving-problem.tsx';
import type { DrainProgress } from './use-serving.ts';
import { servingText, useDrainProgress, useInFlight } from './use-serving.ts';

const words = strings.serving;

/** The server switch of the status bar: its state in a word, and all about it in a popover. */
export function ServingButton({ server }: { readonly server: ServerView }) {
  const drain = useDrainProgress();
  const { icon: Icon, tone, isSpinning } = SERVING_LOOK[server.serving.state];
  return (
    <PopoverButton
      label={words.label}
      placement="top start"
      className="flex h-6 shrink-0 items-center gap-1.5 rounded-sm px-1.5 -ms-1.5 transition-colors hover:bg-hover aria-expanded:bg-active"
      renderContent={(close) => <ServingPanel server={server} drain={drain} onLeave={close} />}
    >
      <span className={`flex items-center gap-1.5 font-medium ${TONE_TEXT[tone]}`}>
        <Icon aria-hidden size={13} strokeWidth={2.25} className={isSpinning ? 'animate-spin' : ''} />
        {servingText(server.serving, drain)}
      </span>
    </PopoverButton>
  );
}

function ServingPanel({
  server,
  drain,
  onLeave,
}: {
  readonly server: ServerView;
  readonly drain: DrainProgress | undefined;
  readonly onLeave: () => void;
}) {
  const { serving } = server;
  const { state, problem } = serving;
  const { icon: Icon, tone, isSpinning } = SERVING_LOOK[state];
  return (
    <div className="flex w-96 max-w-full flex-col divide-y divide-line">
      <div className="flex items-start gap-3 p-3">
        <Icon
          aria-hidden
          size={16}
          className={`mt-0.5 shrink-0 ${TONE_TEXT[tone]} ${isSpinning ? 'animate-spin' : ''}`}
        />
        <div className="min-w-0 flex-1">
          <p className={`text-sm font-semibold ${TONE_TEXT[tone]}`}>{servingText(serving, drain)}</p>
          <p className="text-xs text-muted">{words.explained[state]}</p>
          <p className="text-xs text-faint">
            {words.since[state]} <Ago atMs={serving.sinceMs} />
          </p>
        </div>
        {state !== 'failed' && <ServingControl />}
      </div>
      {state === 'failed' && problem && <Problem problem={problem} onLeave={onLeave} />}
      {drain ? (
        <div className="p-3">
          <ProgressBar label={servingText(serving, drain)} labelHidden fraction={drain.fraction} />
        </div>
      ) : (
        state === 'running' && <Use />
      )}
      {state !== 'failed' && <Addresses server={server} />}
      <div className="flex justify-end p-2">
        <Link href="/settings/server" onClick={onLeave} className={buttonClass('ghost', 'sm')}>
          <Settings aria-hidden size={13} />
          {words.settings}
        </Link>
      </div>
    </div>
  );
}

function Problem({
  problem,
  onLeave,
}: {
  readonly problem: NonNullable<ServingView['problem']>;
  readonly onLeave: () => void;
}) {
  const { text, actions } = useServingProblem(problem, onLeave);
  return (
    <section aria-label={problemTitle(problem)} className="flex flex-col gap-3 p-3">
      <h3 className="text-sm font-semibold">{problemTitle(problem)}</h3>
      {text}
      <div className="flex flex-wrap justify-end gap-2">{actions}</div>
    </section>
  );
}

/** Who is being answered. */
function Use() {
  const inFlight = useInFlight();
  return (
    <p className="px-3 py-2 text-xs text-muted">
      {inFlight === 0 ? words.idle : words.inFlight(plural(inFlight, words.request))}
    </p>
  );
}

function Addresses({ server: { serving, restUrl, grpcAddress } }: { readonly server: ServerView }) {
  const { state, exposure } = serving;
  const isOpen = state === 'running' || state === 'draining';
  return (
    <section aria-label={words.addresses} className={`flex flex-col gap-1 p-3 ${isOpen ? '' : 'text-muted'}`}>
      <h3 className="text-2xs font-medium text-faint">{words.addresses}</h3>
      <Place name={words.thisComputer}>
        <Address text={restUrl} endpoint="rest" />
        {grpcAddress !== undefined && <Address text={grpcAddress} endpoint="grpc" />}
      </Place>
      {isOpen
        ? exposure?.addresses.map((each) => (
            <Place key={`${each.interface} ${each.family} ${each.address ?? ''}`} name={each.interface}>
              {each.restUrl !== undefined && <Address text={each.restUrl} endpoint="rest" />}
              {each.grpcAddress !== undefined && <Address text={each.grpcAddress} endpoint="grpc" />}
              {(each.problem !== undefined || (each.restUrl ?? each.grpcAddress) === undefined) && (
                <span className="text-xs text-warn">{each.problem ?? words.notOpen}</span>
              )}
            </Place>
          ))
        : exposure && <p className="text-xs text-muted">{words.willReach}</p>}
    </section>
  );
}

function Place({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="flex items-start gap-3 text-xs">
      <span className="w-24 shrink-0 truncate py-1 text-muted" title={name}>
        {name}
      </span>
      <div className="flex min-w-0 flex-1 flex-col">{children}</div>
    </div>
  );
}

function Address({ text, endpoint }: { readonly text: string; readonly endpoint: ServingEndpoint }) {
  return (
    <span className="flex items-center gap-1">
      <span className="w-9 shrink-0 text-2xs text-faint">{words.protocols[endpoint]}</span>
      <code className="min-w-0 font-mono text-xs wrap-anywhere">{text}</code>
      <CopyButton text={text} what={words.addressOf(text)} />
    </span>
  );
}

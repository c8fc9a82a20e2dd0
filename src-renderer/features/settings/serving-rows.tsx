import { CircleOff } from 'lucide-react';
import { useEffect, useEffectEvent, useState } from 'react';
import type { ServingEndpoint, ServingProblem, ServingState } from '#contracts/ui-serving.ts';
import type { ServerSettings } from '#contracts/ui-settings.ts';
import type { ServerView } from '#contracts/ui.ts';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Field } from '../../components/field.tsx';
import { errorText } from '../../stores/commands.ts';
import { useConnected, useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { ServingControl } from '../serving/serving-control.tsx';
import { SERVING_LOOK } from '../serving/serving-look.ts';
import { portOf, portRequest, SERVING_PORTS } from '../serving/serving-port.ts';
import { problemTitle, useServingProblem } from '../serving/serving-problem.tsx';
import { servingText, useDrainProgress } from '../serving/use-serving.ts';
import { factOf, factRow } from './server-rows.tsx';
import type { SettingRow } from './setting-row.tsx';

const words = strings.servingSettings;

/** The server switch. */
export function switchRow(): SettingRow {
  const { name, text, words: more } = words.switchRow;
  return {
    id: 'status',
    group: strings.settings.groups.running,
    name,
    text,
    words: more,
    applies: 'live',
    control: <ServerSwitch />,
    below: <ServerTrouble />,
  };
}

function ServerSwitch() {
  const serving = useServer((state) => state.server?.serving);
  const isLive = useServer((state) => state.connection.phase === 'live');
  const drain = useDrainProgress();
  if (!serving || !isLive)
    return (
      <Badge tone="idle" icon={CircleOff}>
        {words.switchRow.unreachable}
      </Badge>
    );
  const { icon, tone, isSpinning } = SERVING_LOOK[serving.state];
  return (
    <>
      <Badge tone={tone} icon={icon} isSpinning={isSpinning}>
        {servingText(serving, drain)}
      </Badge>
      {/* What failed has its own ways out below. */}
      {serving.problem === undefined || serving.state !== 'failed' ? <ServingControl /> : null}
    </>
  );
}

function ServerTrouble() {
  const problem = useServer((state) =>
    state.server?.serving.state === 'failed' ? state.server.serving.problem : undefined,
  );
  return problem && <Trouble problem={problem} />;
}

function Trouble({ problem }: { readonly problem: ServingProblem }) {
  const { text, actions } = useServingProblem(problem, () => undefined);
  return (
    <section aria-label={problemTitle(problem)} className="flex flex-col gap-2 rounded-md bg-bad-soft p-3">
      <h4 className="text-sm font-semibold text-bad">{problemTitle(problem)}</h4>
      {text}
      <div className="flex flex-wrap gap-2">{actions}</div>
    </section>
  );
}

/** The port of one endpoint: to be changed live, unless the command line fixed it. */
export function portRow(
  endpoint: ServingEndpoint,
  settings: ServerSettings,
  server: ServerView,
): readonly SettingRow[] {
  const { setting } = SERVING_PORTS[endpoint];
  const row = factRow(settings, setting, strings.settings.groups.addresses);
  if (!row) return [];
  if (server.serving.fixed.includes(setting)) return [{ ...row, text: `${row.text} ${words.ports.fixed}` }];
  const address = endpoint === 'rest' ? server.restUrl : server.grpcAddress;
  const current = address === undefined ? 0 : portOf(address);
  const fallback = factOf(settings, setting)?.fallback;
  const isTemporary = server.serving.temporary?.includes(setting) === true;
  return [
    {
      ...row,
      text: `${words.ports.text[endpoint]} ${isTemporary ? words.ports.temporary : words.ports.live}`,
      words: `${row.words ?? ''} ${current}`,
      applies: 'live',
      isChanged: fallback?.kind === 'count' && fallback.count !== current,
      isTemporary,
      control: <PortEditor endpoint={endpoint} current={current} />,
    },
  ];
}

/** What the command line says with 0, the page says with a switch or not at all; but gRPC has no other way to be off. */
const LEAST_PORT = { rest: 1, grpc: 0 } as const;

/** In full where it answers what was just asked for; otherwise the whole of it stands beside the switch. */
function failureText(problem: ServingProblem, state: ServingState | undefined, asked: number | undefined) {
  if (problem.port?.port === asked) return problem.message;
  return state === 'failed' ? problemTitle(problem) : undefined;
}

function PortEditor({
  endpoint,
  current,
}: {
  readonly endpoint: ServingEndpoint;
  /** 0 while the endpoint is off. */
  readonly current: number;
}) {
  const { commands, toasts } = useServices();
  const connected = useConnected();
  const serving = useServer((state) => state.server?.serving);
  const [draft, setDraft] = useState<string>();
  /** The port that was asked for last; whether it came to be is in the event stream. */
  const [asked, setAsked] = useState<number>();
  const [refused, setRefused] = useState<string>();
  const isOpen = serving?.state === 'running';
  const isTemporary = serving?.temporary?.includes(SERVING_PORTS[endpoint].setting) === true;
  const text = draft ?? (current === 0 ? '' : String(current));
  const wanted = text.trim();
  const problem = serving?.problem;
  const failure = problem?.port?.endpoint === endpoint ? failureText(problem, serving?.state, asked) : undefined;
  const [moved, setMoved] = useState<{ readonly port: number }>();
  if (isOpen && asked === current && !isTemporary) {
    setDraft(undefined);
    setAsked(undefined);
    setMoved({ port: current });
  }

  const onMoved = useEffectEvent((port: number) => {
    const name = strings.serving.endpoints[endpoint];
    const message = port === 0 ? words.ports.isOff(name) : words.ports.moved(name, String(port));
    toasts.getState().show({ tone: 'neutral', message });
  });
  useEffect(() => {
    if (moved) onMoved(moved.port);
  }, [moved]);

  const apply = async (): Promise<void> => {
    const port = /^\d{1,5}$/u.test(wanted) ? Number(wanted) : Number.NaN;
    if (!(port >= LEAST_PORT[endpoint] && port <= 65_535)) {
      setRefused(words.ports.invalid[endpoint]);
      return;
    }
    setRefused(undefined);
    setAsked(port);
    try {
      await commands.run('startServing', portRequest(endpoint, port, true));
    } catch (error) {
      setAsked(undefined);
      setRefused(errorText(error));
    }
  };
  const change = (next: string | undefined): void => {
    setDraft(next);
    setAsked(undefined);
    setRefused(undefined);
  };

  return (
    <form
      className="flex items-start gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        void apply();
      }}
    >
      <div className="w-60">
        <Field
          label={words.ports.label[endpoint]}
          labelHidden
          inputMode="numeric"
          value={text}
          placeholder={words.ports.off}
          disabled={!connected}
          error={refused ?? failure}
          onChange={(event) => change(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape' || draft === undefined) return;
            event.preventDefault();
            event.stopPropagation();
            change(undefined);
          }}
        />
      </div>
      <Button
        submit
        disabled={
          !connected ||
          serving?.state === 'starting' ||
          serving?.state === 'draining' ||
          (isOpen && (wanted === '' || (Number(wanted) === current && !isTemporary)))
        }
      >
        {isOpen ? words.ports.apply : words.ports.startHere}
      </Button>
    </form>
  );
}

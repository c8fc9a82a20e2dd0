import { CircleOff } from 'lucide-react';
import { useState } from 'react';
import type { ServingEndpoint } from '#contracts/ui-serving.ts';
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
      <ServingControl />
    </>
  );
}

function ServerTrouble() {
  const problem = useServer((state) =>
    state.server?.serving.state === 'failed' ? state.server.serving.problem : undefined,
  );
  return problem && <Trouble problem={problem} />;
}

function Trouble({ problem }: { readonly problem: Parameters<typeof useServingProblem>[0] }) {
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
  const current = address === undefined ? undefined : portOf(address);
  const fallback = factOf(settings, setting)?.fallback;
  return [
    {
      ...row,
      text: `${row.text} ${words.ports.live}`,
      words: `${row.words ?? ''} ${current ?? ''}`,
      applies: 'live',
      isChanged: fallback?.kind === 'count' && fallback.count !== current,
      control: <PortEditor endpoint={endpoint} current={current} />,
    },
  ];
}

function PortEditor({
  endpoint,
  current,
}: {
  readonly endpoint: ServingEndpoint;
  /** Undefined while the endpoint is off. */
  readonly current: number | undefined;
}) {
  const { commands, toasts, server } = useServices();
  const connected = useConnected();
  const serving = useServer((state) => state.server?.serving);
  const [draft, setDraft] = useState<string>();
  const [isMoving, setMoving] = useState(false);
  const [refused, setRefused] = useState<string>();
  const isOpen = serving?.state === 'running';
  const failed = serving?.problem?.port;
  const failure = failed?.endpoint === endpoint && draft === undefined ? serving?.problem?.message : undefined;
  const text = draft ?? String(current ?? '');
  const wanted = text.trim();

  const apply = async (): Promise<void> => {
    const port = /^\d{1,5}$/u.test(wanted) ? Number(wanted) : 0;
    if (port < 1 || port > 65_535) {
      setRefused(words.ports.invalid);
      return;
    }
    setMoving(true);
    try {
      await commands.run('startServing', portRequest(endpoint, port, true));
      setDraft(undefined);
      if (server.getState().server?.serving.state !== 'failed')
        toasts.getState().show({
          tone: 'neutral',
          message: words.ports.moved(strings.serving.endpoints[endpoint], String(port)),
        });
    } catch (error) {
      setRefused(errorText(error));
    } finally {
      setMoving(false);
    }
  };

  return (
    <form
      className="flex items-start gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        void apply();
      }}
    >
      <div className="w-52">
        <Field
          label={words.ports.label[endpoint]}
          labelHidden
          inputMode="numeric"
          value={text}
          placeholder={words.ports.off}
          disabled={!connected || isMoving}
          error={refused ?? failure}
          onChange={(event) => {
            setDraft(event.target.value);
            setRefused(undefined);
          }}
          onKeyDown={(event) => {
            if (event.key !== 'Escape' || draft === undefined) return;
            event.preventDefault();
            event.stopPropagation();
            setDraft(undefined);
            setRefused(undefined);
          }}
        />
      </div>
      <Button
        submit
        disabled={
          !connected ||
          isMoving ||
          serving?.state === 'starting' ||
          serving?.state === 'draining' ||
          (isOpen && wanted === String(current ?? ''))
        }
      >
        {isOpen ? words.ports.apply : words.ports.startHere}
      </Button>
    </form>
  );
}

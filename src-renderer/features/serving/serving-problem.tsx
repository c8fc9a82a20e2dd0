import { RotateCw } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { useLocation } from 'wouter';
import type { UiCommandRequest } from '#contracts/ui-commands.ts';
import type { ServingProblem } from '#contracts/ui-serving.ts';
import { Button } from '../../components/button.tsx';
import { Checkbox } from '../../components/switch.tsx';
import { fullStop, sentence } from '../../format/sentence.ts';
import { errorText } from '../../stores/commands.ts';
import { useConnected, useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { portRequest, SERVING_PORTS } from './serving-port.ts';

const words = strings.serving.problem;

export const problemTitle = ({ port }: ServingProblem): string =>
  port ? words.portTaken(String(port.port)) : words.title;

/**
 * Why the endpoints did not open and the ways out, for a dialog or a popover to lay out.
 * @param onLeave called when a way leads to another screen.
 */
export function useServingProblem(
  problem: ServingProblem,
  onLeave: () => void,
): { readonly text: ReactNode; readonly actions: ReactNode } {
  const { commands, server, toasts } = useServices();
  const [, navigate] = useLocation();
  const connected = useConnected();
  const serving = useServer((state) => state.server?.serving);
  const [remember, setRemember] = useState(false);
  const isBusy = serving?.state === 'starting';
  const { port, message } = problem;
  const names = port && SERVING_PORTS[port.endpoint];
  const isFixed = names !== undefined && (serving?.fixed.includes(names.setting) ?? false);
  const free = isFixed ? undefined : port?.freePort;

  const start = (request: UiCommandRequest<'startServing'>): void => {
    commands.run('startServing', request).catch((error: unknown) => {
      // The failure itself comes by the event stream.
      if (server.getState().server?.serving.state === 'failed') return;
      toasts.getState().show({ tone: 'bad', message: errorText(error) });
    });
  };

  return {
    text: (
      <div className="flex flex-col gap-2 text-sm">
        {port ? (
          <>
            <p className="wrap-anywhere">{holderText(port)}</p>
            <p className="text-muted">{words.wanted(strings.serving.endpoints[port.endpoint])}</p>
            {isFixed && <p className="text-muted">{words.fixed(names.flag)}</p>}
            {!isFixed && free === undefined && <p className="text-muted">{words.noFree}</p>}
            {free !== undefined && (
              <Checkbox label={words.remember(String(free))} isOn={remember} onChange={setRemember} disabled={isBusy} />
            )}
          </>
        ) : (
          <p className="wrap-anywhere whitespace-pre-line">{fullStop(sentence(message))}</p>
        )}
        {/* Stands empty from the start, so that a screen reader hears what comes. */}
        <p role="status" className="text-xs text-busy empty:hidden">
          {isBusy ? words.retrying : ''}
        </p>
      </div>
    ),
    actions: (
      <>
        {port && !isFixed && (
          <Button
            disabled={isBusy}
            onClick={() => {
              onLeave();
              navigate(`/settings/server?at=${SERVING_PORTS[port.endpoint].setting}`);
            }}
          >
            {words.changePort}
          </Button>
        )}
        <Button
          icon={RotateCw}
          variant={free === undefined ? 'primary' : 'secondary'}
          disabled={!connected || isBusy}
          onClick={() => start({})}
        >
          {words.retry}
        </Button>
        {port && free !== undefined && (
          <Button
            variant="primary"
            disabled={!connected || isBusy}
            onClick={() => start(portRequest(port.endpoint, free, remember))}
          >
            {words.takeFree(String(free))}
          </Button>
        )}
      </>
    ),
  };
}

function holderText({ holder }: NonNullable<ServingProblem['port']>): string {
  if (!holder) return words.heldByUnknown;
  const pid = String(holder.pid);
  return holder.isSlipway ? words.heldBySlipway(pid) : words.heldBy(holder.name, pid);
}

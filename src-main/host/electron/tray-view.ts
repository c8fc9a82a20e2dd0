import type { ServingState, ServingView } from '../../contracts/ui-serving.ts';
import { modelState, requestsInFlight, type ServingOverview } from './serving-overview.ts';

/** Models that the menu lists; the window has the others. */
const MAX_MODELS = 8;
const MAX_LABEL_CHARACTERS = 80;

export type TrayAction =
  | { readonly kind: 'open' }
  | { readonly kind: 'copyUrl' }
  | { readonly kind: 'startServing' }
  | { readonly kind: 'stopServing' }
  | { readonly kind: 'openModel'; readonly name: string }
  | { readonly kind: 'quit' }
  | { readonly kind: 'quitNow' };

/** A line of the tray's menu: one without an action only tells. */
export type TrayItem = 'separator' | { readonly label: string; readonly action?: TrayAction };

export interface TrayView {
  /** Shown while the pointer rests on the icon. */
  readonly tooltip: string;
  readonly items: readonly TrayItem[];
}

/** What the tray shows: the server's state, its models with the worst first, and what can be done. */
export function trayView(overview: ServingOverview): TrayView {
  const { server, models } = overview;
  const line = stateLine(overview);
  const open: TrayItem = { label: 'Open Slipway', action: { kind: 'open' } };
  if (server?.isQuitting === true) {
    return {
      tooltip: `Slipway: ${line}`,
      items: [{ label: line }, 'separator', open, { label: 'Quit now', action: { kind: 'quitNow' } }],
    };
  }
  const states = [...models.values()].map(modelState);
  // Of equal rank they stay in the order of the list in the window.
  const shown = states.toSorted((left, right) => left.rank - right.rank).slice(0, MAX_MODELS);
  const left = states.length - shown.length;
  return {
    tooltip: `Slipway: ${line}`,
    items: [
      { label: line },
      ...(server ? exposureItems(server.serving) : []),
      ...(server ? switchItems(server.serving.state) : []),
      'separator',
      ...shown.map(({ name, words }) => ({
        label: shortened(`${name}: ${words}`),
        action: { kind: 'openModel' as const, name },
      })),
      ...(left > 0 ? [{ label: `${left} more…`, action: { kind: 'open' as const } }] : []),
      ...(shown.length > 0 ? ['separator' as const] : []),
      open,
      { label: 'Quit', action: { kind: 'quit' } },
    ],
  };
}

/** Whether others than this computer can call, which is to be seen without the window too. */
function exposureItems({ state, exposure }: ServingView): readonly TrayItem[] {
  if (!exposure || state !== 'running') return [];
  const isOpen = exposure.addresses.some(({ restUrl }) => restUrl !== undefined);
  const isPaused = exposure.addresses.some(({ isOtherNetwork }) => isOtherNetwork);
  const reached = exposure.tokenRequired ? 'Reachable by others, with a token' : 'Reachable by others, without a token';
  return [
    ...(isOpen ? [{ label: reached, action: { kind: 'open' as const } }] : []),
    ...(isPaused ? [{ label: 'The network changed; exposure is paused', action: { kind: 'open' as const } }] : []),
  ];
}

/** What can be done with the switch of the endpoints. */
function switchItems(state: ServingState): readonly TrayItem[] {
  switch (state) {
    case 'running':
      return [
        { label: 'Copy REST URL', action: { kind: 'copyUrl' } },
        { label: 'Stop serving', action: { kind: 'stopServing' } },
      ];
    case 'starting':
      return [{ label: 'Stop serving', action: { kind: 'stopServing' } }];
    case 'stopped':
    case 'draining':
    case 'failed':
      return [{ label: 'Start serving', action: { kind: 'startServing' } }];
    default:
      return state satisfies never;
  }
}

/** The server's state in one line. */
function stateLine(overview: ServingOverview): string {
  const { server, models } = overview;
  if (!server) return 'Starting…';
  if (server.isQuitting) return finishingLine(requestsInFlight(overview));
  const count = models.size === 1 ? '1 model' : `${models.size} models`;
  const { state, problem } = server.serving;
  switch (state) {
    case 'running':
      return `Serving ${count} on ${server.restUrl}`;
    case 'starting':
      return 'Starting to serve…';
    case 'draining':
      return requestsInFlight(overview) === 0 ? 'Serving stops…' : finishingLine(requestsInFlight(overview));
    case 'stopped':
      return 'Serving stopped';
    case 'failed':
      return problem?.port ? `Not serving: port ${problem.port.port} is taken` : 'Not serving';
    default:
      return state satisfies never;
  }
}

/** `Finishing 3 requests…` */
function finishingLine(requests: number): string {
  if (requests === 0) return 'Unloading models…';
  return `Finishing ${requests} request${requests === 1 ? '' : 's'}…`;
}

function shortened(label: string): string {
  const characters = Array.from(label);
  return characters.length > MAX_LABEL_CHARACTERS
    ? `${characters.slice(0, MAX_LABEL_CHARACTERS - 1).join('')}…`
    : label;
}

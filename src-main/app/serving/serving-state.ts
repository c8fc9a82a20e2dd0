import type { ServingProblem, ServingState } from '../../contracts/ui-serving.ts';

/** The ports of the endpoints. */
export interface Ports {
  /** 0 lets the system choose. */
  readonly rest: number;
  /** Undefined: gRPC is off. */
  readonly grpc: number | undefined;
}

/** Everything by which the switch decides; moved by {@link advance} alone. */
export interface SwitchState {
  /** `gone`: the program ends, and nothing opens again. */
  readonly wanted: 'on' | 'off' | 'gone';
  /** Those of the last time, or of the next. */
  readonly ports: Ports;
  /** Set while ports are being opened, to those. */
  readonly opening: Ports | undefined;
  /** Set while requests are taken, to the ports at which they are. */
  readonly open: Ports | undefined;
  /** Endpoints that take nothing new and finish what they have. */
  readonly draining: number;
  /** Why the last opening failed; it is not tried again before somebody asks. */
  readonly problem: ServingProblem | undefined;
}

export type SwitchEvent =
  | { readonly kind: 'start'; readonly ports: Ports }
  | { readonly kind: 'stop' | 'quit' }
  /** What `open` of {@link nextStep} began. */
  | { readonly kind: 'opening' }
  /** With the ports that the system chose where it was to choose. */
  | { readonly kind: 'opened'; readonly ports: Ports }
  | { readonly kind: 'openFailed'; readonly problem: ServingProblem }
  /** What `drain` of {@link nextStep} began; where others were opened while some were open, those drain too. */
  | { readonly kind: 'draining' }
  | { readonly kind: 'drained' };

export function initialState(ports: Ports): SwitchState {
  return { wanted: 'off', ports, opening: undefined, open: undefined, draining: 0, problem: undefined };
}

/** The state after an event. @throws Error for an event that cannot be: always a bug of the caller. */
export function advance(state: SwitchState, event: SwitchEvent): SwitchState {
  switch (event.kind) {
    case 'start':
      if (state.wanted === 'gone') return state;
      return { ...state, wanted: 'on', ports: event.ports, problem: undefined };
    case 'stop':
      if (state.wanted === 'gone') return state;
      return { ...state, wanted: 'off', problem: undefined };
    case 'quit':
      return { ...state, wanted: 'gone', problem: undefined };
    case 'opening':
      if (state.opening) throw new Error('two openings at a time');
      return { ...state, opening: state.ports };
    case 'opened': {
      if (!state.opening) throw new Error('opened without opening');
      const { opening, open, draining } = state;
      return {
        ...state,
        // The system's choice stays for the next time, so that clients find the server again.
        ports: arePortsEqual(state.ports, opening) ? event.ports : state.ports,
        opening: undefined,
        open: event.ports,
        draining: open ? draining + 1 : draining,
      };
    }
    case 'openFailed': {
      const { opening, open, ports, wanted } = state;
      if (!opening) throw new Error('failed without opening');
      // Somebody has asked for something else meanwhile.
      if (wanted !== 'on' || !arePortsEqual(ports, opening)) return { ...state, opening: undefined };
      return { ...state, ports: open ?? ports, opening: undefined, problem: event.problem };
    }
    case 'draining':
      if (!state.open) throw new Error('nothing to drain');
      return { ...state, open: undefined, draining: state.draining + 1 };
    case 'drained':
      if (state.draining === 0) throw new Error('nothing drains');
      return { ...state, draining: state.draining - 1 };
    default:
      return event satisfies never;
  }
}

/**
 * What is to be done now. `open` beside what is open is a move: the old ones are to be drained when the new ones are there,
 * so that there is never a moment at which no request is taken.
 */
export function nextStep({ wanted, ports, opening, open, problem }: SwitchState): 'open' | 'drain' | 'nothing' {
  if (wanted !== 'on') return open ? 'drain' : 'nothing';
  if (opening || problem) return 'nothing';
  return open && arePortsEqual(open, ports) ? 'nothing' : 'open';
}

/** What the user is told. */
export function shownState({ wanted, opening, open, draining, problem }: SwitchState): ServingState {
  if (wanted !== 'on') return open || opening || draining > 0 ? 'draining' : 'stopped';
  if (open) return 'running';
  return problem ? 'failed' : 'starting';
}

function arePortsEqual(left: Ports, right: Ports): boolean {
  return left.rest === right.rest && left.grpc === right.grpc;
}

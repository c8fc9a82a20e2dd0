import type { ServingProblem, ServingState } from '../../contracts/ui-serving.ts';
import type { CloseOptions } from '../../api/http/listener.ts';
import { advance, initialState, nextStep, type Ports, shownState, type SwitchEvent } from './serving-state.ts';

/** Endpoints that take requests. */
export interface SwitchedEndpoints {
  readonly ports: Ports;
  close(options: CloseOptions): Promise<void>;
}

export interface ServingSwitchDeps<T extends SwitchedEndpoints> {
  /** The ports of the first start that names none. */
  readonly ports: Ports;
  /** @param before what is open now, and is closed when this has succeeded. */
  readonly open: (ports: Ports, before: T | undefined) => Promise<T>;
  /** Never rejects. @returns what to tell the user. */
  readonly explain: (error: unknown, ports: Ports) => Promise<ServingProblem>;
  /** Longest wait for requests that are in flight. */
  readonly drainDeadlineMs: number;
  readonly onChange: () => void;
}

/** Opens and closes the public endpoints, whatever is asked for in whatever order. */
export interface ServingSwitch<T extends SwitchedEndpoints> {
  readonly state: ServingState;
  readonly problem: ServingProblem | undefined;
  /** Those of the last time, or of the next. */
  readonly ports: Ports;
  /** What takes requests now. */
  readonly open: T | undefined;
  /**
   * Wants the endpoints open at these ports. Resolves when they are, when that has failed, or when something else is wanted.
   * While draining: opens beside what drains.
   */
  start(ports: Ports): Promise<void>;
  /** Wants them closed; resolves when that has begun. What is being opened meanwhile closes as soon as it is open. */
  stop(): void;
  /** Closes for ever. Resolves when nothing is in flight any more, or cut after the deadline. */
  close(options: CloseOptions): Promise<void>;
}

export function createServingSwitch<T extends SwitchedEndpoints>(deps: ServingSwitchDeps<T>): ServingSwitch<T> {
  let state = initialState(deps.ports);
  let open: T | undefined;
  const draining = new Map<T, Promise<void>>();
  let opening: Promise<void> = Promise.resolve();

  function move(event: SwitchEvent): void {
    state = advance(state, event);
    for (let step = nextStep(state); step !== 'nothing'; step = nextStep(state)) {
      if (step === 'open') beginOpening();
      else beginDraining();
    }
    deps.onChange();
  }

  function beginOpening(): void {
    state = advance(state, { kind: 'opening' });
    opening = openAt(state.ports);
  }

  async function openAt(ports: Ports): Promise<void> {
    let opened: T;
    try {
      opened = await openPatiently(ports);
    } catch (error) {
      return move({ kind: 'openFailed', problem: await deps.explain(error, ports) });
    }
    const before = open;
    open = opened;
    if (before) drain(before);
    move({ kind: 'opened', ports: opened.ports });
  }

  /** A port at which our own requests still drain is not free everywhere; then it is as soon as they are answered. */
  async function openPatiently(ports: Ports): Promise<T> {
    try {
      return await deps.open(ports, open);
    } catch (error) {
      const inTheWay = [...draining].filter(([endpoints]) => doShareAPort(endpoints.ports, ports));
      if (inTheWay.length === 0) throw error;
      await Promise.all(inTheWay.map(([, drained]) => drained));
      return deps.open(ports, open);
    }
  }

  function beginDraining(): void {
    state = advance(state, { kind: 'draining' });
    if (open) drain(open);
    open = undefined;
  }

  function drain(endpoints: T): void {
    const drained = endpoints.close({ deadlineMs: deps.drainDeadlineMs }).finally(() => {
      draining.delete(endpoints);
      move({ kind: 'drained' });
    });
    draining.set(endpoints, drained);
  }

  function hurry(options: CloseOptions): void {
    for (const endpoints of draining.keys()) void endpoints.close(options);
  }

  return {
    get state() {
      return shownState(state);
    },
    get problem() {
      return state.problem;
    },
    get ports() {
      return state.ports;
    },
    get open() {
      return open;
    },
    async start(ports) {
      move({ kind: 'start', ports });
      while (state.opening) await opening;
    },
    stop: () => move({ kind: 'stop' }),
    async close(options) {
      move({ kind: 'quit' });
      // What is being opened may wait for what drains; and drains itself when it is open.
      hurry(options);
      await opening;
      hurry(options);
      await Promise.all(draining.values());
    },
  };
}

function doShareAPort(left: Ports, right: Ports): boolean {
  return left.rest === right.rest || (left.grpc !== undefined && left.grpc === right.grpc);
}

import { array, assert, boolean, constantFrom, option, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  advance,
  initialState,
  nextStep,
  type Ports,
  shownState,
  type SwitchEvent,
  type SwitchState,
} from './serving-state.ts';

const USUAL: Ports = { rest: 8501, grpc: 8500 };
const OTHER: Ports = { rest: 9501, grpc: undefined };
const problem = { code: 'ALREADY_EXISTS', message: 'taken' };

const start = (ports: Ports = USUAL): SwitchEvent => ({ kind: 'start', ports });
const stop: SwitchEvent = { kind: 'stop' };
const quit: SwitchEvent = { kind: 'quit' };
const opening: SwitchEvent = { kind: 'opening' };
const opened = (ports: Ports = USUAL): SwitchEvent => ({ kind: 'opened', ports });
const openFailed: SwitchEvent = { kind: 'openFailed', problem };
const draining: SwitchEvent = { kind: 'draining' };
const drained: SwitchEvent = { kind: 'drained' };

const after = (...events: readonly SwitchEvent[]): SwitchState => events.reduce(advance, initialState(USUAL));
const running = [start(), opening, opened()];

describe('the switch', () => {
  it.each([
    { when: 'nothing was asked for', events: [], shown: 'stopped', next: 'nothing' },
    { when: 'it was started', events: [start()], shown: 'starting', next: 'open' },
    { when: 'it opens', events: [start(), opening], shown: 'starting', next: 'nothing' },
    { when: 'it is open', events: running, shown: 'running', next: 'nothing' },
    { when: 'it did not open', events: [start(), opening, openFailed], shown: 'failed', next: 'nothing' },
    { when: 'it is tried again', events: [start(), opening, openFailed, start()], shown: 'starting', next: 'open' },
    {
      when: 'it is given up after a failure',
      events: [start(), opening, openFailed, stop],
      shown: 'stopped',
      next: 'nothing',
    },
    { when: 'it was stopped', events: [...running, stop], shown: 'draining', next: 'drain' },
    { when: 'it drains', events: [...running, stop, draining], shown: 'draining', next: 'nothing' },
    { when: 'it has drained', events: [...running, stop, draining, drained], shown: 'stopped', next: 'nothing' },
    {
      when: 'it is started while it drains',
      events: [...running, stop, draining, start()],
      shown: 'starting',
      next: 'open',
    },
    {
      when: 'it runs beside what drains',
      events: [...running, stop, draining, start(), opening, opened()],
      shown: 'running',
      next: 'nothing',
    },
    { when: 'it is stopped while it opens', events: [start(), opening, stop], shown: 'draining', next: 'nothing' },
    { when: 'it then is open', events: [start(), opening, stop, opened()], shown: 'draining', next: 'drain' },
    { when: 'it then is not open', events: [start(), opening, stop, openFailed], shown: 'stopped', next: 'nothing' },
    {
      when: 'it is stopped and started while it opens',
      events: [start(), opening, stop, start(), opened()],
      shown: 'running',
      next: 'nothing',
    },
    { when: 'it is to move', events: [...running, start(OTHER)], shown: 'running', next: 'open' },
    { when: 'it moves', events: [...running, start(OTHER), opening], shown: 'running', next: 'nothing' },
    {
      when: 'it has moved',
      events: [...running, start(OTHER), opening, opened(OTHER)],
      shown: 'running',
      next: 'nothing',
    },
    {
      when: 'it cannot move',
      events: [...running, start(OTHER), opening, openFailed],
      shown: 'running',
      next: 'nothing',
    },
    {
      when: 'other ports are wanted while it opens',
      events: [start(), opening, start(OTHER), opened()],
      shown: 'running',
      next: 'open',
    },
    {
      when: 'other ports are wanted while it fails',
      events: [start(), opening, start(OTHER), openFailed],
      shown: 'starting',
      next: 'open',
    },
    {
      when: 'it is stopped while it moves',
      events: [...running, start(OTHER), opening, stop],
      shown: 'draining',
      next: 'drain',
    },
    { when: 'it is started where it runs', events: [...running, start()], shown: 'running', next: 'nothing' },
    { when: 'the program ends', events: [...running, quit], shown: 'draining', next: 'drain' },
    { when: 'it is started while the program ends', events: [quit, start()], shown: 'stopped', next: 'nothing' },
  ] as const)('when $when: $shown, $next', ({ events, shown, next }) => {
    const state = after(...events);
    expect({ shown: shownState(state), next: nextStep(state) }).toEqual({ shown, next });
  });

  it('keeps the ports that the system chose', () => {
    const state = after(start({ rest: 0, grpc: undefined }), opening, opened(OTHER), stop, draining, drained);
    expect(state.ports).toEqual(OTHER);
  });

  it('stays where it was after a move that failed, and says why', () => {
    const state = after(...running, start(OTHER), opening, openFailed);
    expect(state).toMatchObject({ ports: USUAL, open: USUAL, problem });
    expect(after(...running, start(OTHER), opening, openFailed, start())).toMatchObject({ problem: undefined });
  });

  it('keeps the wanted ports after a start that failed, to be tried again', () => {
    expect(after(start(OTHER), opening, openFailed).ports).toEqual(OTHER);
  });

  it('counts what drains', () => {
    const moved = after(...running, start(OTHER), opening, opened(OTHER));
    expect(moved.draining).toBe(1);
    expect(advance(moved, drained).draining).toBe(0);
  });

  it.each([
    ['opened', [], opened()],
    ['failed', [], openFailed],
    ['two openings', [start(), opening], opening],
    ['nothing to drain', [], draining],
    ['nothing drains', [], drained],
  ] as const)('refuses what cannot be: %s', (message, events, event) => {
    expect(() => advance(after(...events), event)).toThrow(message);
  });

  it('comes to rest as wanted, whatever is asked for while it works', () => {
    const asked = constantFrom(start(), start(OTHER), stop);
    const turn = record({
      asked: option(asked, { nil: undefined }),
      works: boolean(),
      succeeds: boolean(),
    });
    assert(
      property(array(turn, { maxLength: 40 }), (turns) => {
        let state = initialState(USUAL);
        /** One thing that the endpoints do by themselves. */
        const work = (succeeds: boolean): void => {
          if (state.opening) state = advance(state, succeeds ? opened(state.opening) : openFailed);
          else if (state.draining > 0) state = advance(state, drained);
        };
        const settle = (): void => {
          for (let step = nextStep(state); step !== 'nothing'; step = nextStep(state))
            state = advance(state, step === 'open' ? opening : draining);
        };
        for (const { asked: event, works, succeeds } of turns) {
          if (event) state = advance(state, event);
          settle();
          if (works) work(succeeds);
          settle();
        }
        for (let left = 100; (state.opening || state.draining > 0) && left > 0; left -= 1) {
          work(true);
          settle();
        }
        expect(['stopped', 'running', 'failed']).toContain(shownState(state));
        expect(state.wanted === 'on').toBe(shownState(state) !== 'stopped');
        expect(state.open).toEqual(shownState(state) === 'running' ? state.ports : undefined);
      }),
    );
  });
});

import type { LogBoard, LogLine } from '#contracts/ui-logs.ts';
import { MAX_LOG_LINES } from '#contracts/ui-logs.ts';
import type { StoreApi } from 'zustand';
import { createStore } from 'zustand';
import type { Commands } from '../../stores/commands.ts';
import { errorText } from '../../stores/commands.ts';

/** Lines that the first look brings; older ones come when they are asked for. */
const FIRST_LINES = 1000;
/** Lines that the page keeps: as many as the server does. */
const MAX_KEPT = 100_000;

/** A run of lines that this page missed: the server had dropped them before they were read. */
export interface LogGap {
  /** The gap is before this line. */
  readonly beforeLine: number;
  readonly count: number;
}

export interface LogLinesState {
  /** In their order; without a hole, but for {@link gaps}. */
  readonly lines: readonly LogLine[];
  readonly gaps: readonly LogGap[];
  /** Parts of the server and models that any line was about, in order of the alphabet. */
  readonly components: readonly string[];
  readonly models: readonly string[];
  /** Whether the server has nothing older than the first line. */
  readonly complete: boolean;
  readonly loading: boolean;
  /** Why the last look failed; undefined after one that did not. */
  readonly problem: string | undefined;
}

/** The server's log as far as this page has read it. */
export interface LogLines {
  readonly store: StoreApi<LogLinesState>;
  /** To be called with each board of the server; reads what is new. */
  boardChanged(board: LogBoard): void;
  /** Reads older lines, a few thousand, or all that there are. Does nothing while it is at it already. */
  loadOlder(howMuch: 'some' | 'all'): Promise<void>;
  close(): void;
}

const EMPTY: LogLinesState = {
  lines: [],
  gaps: [],
  components: [],
  models: [],
  complete: false,
  loading: false,
  problem: undefined,
};

export function createLogLines(commands: Commands): LogLines {
  const store = createStore<LogLinesState>(() => EMPTY);
  const closed = new AbortController();
  let board: LogBoard | undefined;
  /** Numbers start again with the server. */
  let isNewServer = false;
  let reading = false;
  let readingOlder = false;

  const read = async (range: { readonly afterLine?: number; readonly beforeLine?: number }, limit: number) => {
    const { lines } = await commands.run('readLogs', { ...range, limit }, closed.signal);
    return lines;
  };

  /** One reader at a time; whoever comes meanwhile finds that the board has changed when it looks again. */
  const catchUp = async (): Promise<void> => {
    if (reading || closed.signal.aborted) return;
    reading = true;
    try {
      // What was read may be newer than what was told: where lines pour in, it always is.
      while (board && (isNewServer || board.lastLine > newest())) {
        if (isNewServer) store.setState(EMPTY, true);
        isNewServer = false;
        const before = newest();
        store.setState({ loading: before === 0 });
        const lines = before === 0 ? await read({}, FIRST_LINES) : await read({ afterLine: before }, MAX_LOG_LINES);
        if (closed.signal.aborted) return;
        const [first] = lines;
        if (!first) break;
        append(lines, first, before);
      }
      store.setState({ loading: false, problem: undefined });
    } catch (error) {
      if (!closed.signal.aborted) store.setState({ loading: false, problem: errorText(error) });
    } finally {
      reading = false;
    }
  };

  const newest = (): number => store.getState().lines.at(-1)?.sequence ?? 0;

  const append = (added: readonly LogLine[], first: LogLine, before: number): void => {
    const { lines, gaps, complete } = store.getState();
    const missed = before === 0 ? 0 : first.sequence - before - 1;
    const all = [...lines, ...added].slice(-MAX_KEPT);
    const oldest = all[0]?.sequence ?? 0;
    store.setState({
      ...namesWith(added),
      lines: all,
      gaps: [...gaps, ...(missed > 0 ? [{ beforeLine: first.sequence, count: missed }] : [])].filter(
        ({ beforeLine }) => beforeLine > oldest,
      ),
      complete: complete || oldest <= (board?.firstLine ?? 1),
    });
  };

  /** Only the lines that came are looked at: there may be a hundred thousand others. */
  const namesWith = (added: readonly LogLine[]): Pick<LogLinesState, 'components' | 'models'> => {
    const { components, models } = store.getState();
    return {
      components: withNames(components, new Set(added.map(({ component }) => component))),
      models: withNames(models, new Set(added.map(({ model }) => model ?? ''))),
    };
  };

  return {
    store,
    boardChanged(next) {
      if (board && next.lastLine < board.lastLine) isNewServer = true;
      board = next;
      if (next.lastLine === 0 && !store.getState().complete) store.setState({ complete: true });
      void catchUp();
    },
    async loadOlder(howMuch) {
      if (readingOlder) return;
      readingOlder = true;
      try {
        do {
          const [first] = store.getState().lines;
          if (!first || store.getState().complete) break;
          const older = await read({ beforeLine: first.sequence }, MAX_LOG_LINES);
          if (closed.signal.aborted) return;
          const { lines } = store.getState();
          // The lines are others now if the server has started anew meanwhile.
          if (lines[0]?.sequence !== first.sequence) break;
          const all = [...older, ...lines];
          store.setState({
            ...namesWith(older),
            lines: all,
            complete: older.length < MAX_LOG_LINES || all.length >= MAX_KEPT,
          });
        } while (howMuch === 'all');
        store.setState({ problem: undefined });
      } catch (error) {
        if (!closed.signal.aborted) store.setState({ problem: errorText(error) });
      } finally {
        readingOlder = false;
      }
    },
    close: () => closed.abort(),
  };
}

/** @returns the same ones where nothing is new. */
function withNames(known: readonly string[], names: ReadonlySet<string>): readonly string[] {
  const fresh = [...names].filter((name) => name !== '' && !known.includes(name));
  return fresh.length === 0 ? known : [...known, ...fresh].toSorted();
}

import type { RecordingSettings, RequestFilter, RequestPage, RequestRow } from '#contracts/ui-traffic.ts';
import { MAX_REQUEST_PAGE } from '#contracts/ui-traffic.ts';
import type { StoreApi } from 'zustand';
import { createStore } from 'zustand';
import type { Commands } from '../../stores/commands.ts';
import { errorText } from '../../stores/commands.ts';

/** Rows that the page keeps: as many as the server does. */
const MAX_KEPT = 50_000;
/** Who is further behind than this does not read everything in between, but begins anew at the newest. */
export const MAX_BEHIND = 2000;
/** Rows that the first look is content with. */
const ENOUGH = 100;

export interface RequestListState {
  /** In their order: those of the filter, from the oldest that was read to the newest. */
  readonly rows: readonly RequestRow[];
  /** Records that the server had when it was last asked, whatever the filter. */
  readonly kept: number;
  /** Undefined until the first answer. */
  readonly settings: RecordingSettings | undefined;
  /** The newest record that was looked at. */
  readonly lastSeen: number;
  /** Whether there is nothing older that was not looked at. */
  readonly complete: boolean;
  readonly loading: boolean;
  /** Why the last look failed; undefined after one that did not. */
  readonly problem: string | undefined;
}

/** The recorded calls as far as this page has read them, through one filter at a time. */
export interface RequestList {
  readonly store: StoreApi<RequestListState>;
  /** Begins anew where the filter is another. */
  setFilter(filter: RequestFilter): void;
  /**
   * Reads what is new, as long as it is not too much for somebody who reads older ones.
   * @param lastRequest of the server's board.
   */
  boardChanged(lastRequest: number): void;
  /** While it is off, rows are added only as long as few are. */
  setFollow(follow: boolean): void;
  /** Reads a page of older ones. Does nothing while it is at it already. */
  loadOlder(): Promise<void>;
  settingsChanged(settings: RecordingSettings): void;
  /** Reads everything anew. */
  reload(): void;
  close(): void;
}

const EMPTY = {
  rows: [],
  kept: 0,
  lastSeen: 0,
  complete: false,
  loading: true,
  problem: undefined,
} as const satisfies Partial<RequestListState>;

export function createRequestList(commands: Commands): RequestList {
  const store = createStore<RequestListState>(() => ({ ...EMPTY, settings: undefined }));
  const closed = new AbortController();
  let filter: RequestFilter = {};
  /** Each new beginning has its own; what comes for an older one is thrown away. */
  let turn = new AbortController();
  let firstSeen = 0;
  let newest = 0;
  let follow = true;
  let reading = false;
  let readingOlder = false;

  const ask = (
    where: { readonly beforeSequence?: number; readonly afterSequence?: number },
    { signal }: AbortController,
  ) => commands.run('listRequests', { ...filter, ...where }, AbortSignal.any([closed.signal, signal]));

  const begin = (): void => {
    turn.abort();
    turn = new AbortController();
    firstSeen = 0;
    reading = false;
    readingOlder = false;
    store.setState({ loading: true, problem: undefined });
    void readFirst(turn);
  };

  const fail = (error: unknown, mine: AbortController): void => {
    if (!closed.signal.aborted && !mine.signal.aborted) {
      store.setState({ loading: false, problem: errorText(error) });
    }
  };

  /** The newest page, and as many before it as it takes to fill the screen. */
  const readFirst = async (mine: AbortController): Promise<void> => {
    reading = true;
    try {
      let rows: readonly RequestRow[] = [];
      let before: number | undefined;
      for (;;) {
        const page = await ask(before === undefined ? {} : { beforeSequence: before }, mine);
        if (mine !== turn) return;
        if (before === undefined) store.setState({ lastSeen: page.lastSeen });
        rows = [...page.requests, ...rows];
        firstSeen = page.firstSeen;
        before = page.firstSeen;
        store.setState({ rows, kept: page.kept, settings: page.settings, complete: !page.more });
        if (!page.more || rows.length >= ENOUGH) break;
      }
      store.setState({ loading: false, problem: undefined });
    } catch (error) {
      fail(error, mine);
    } finally {
      if (mine === turn) {
        reading = false;
        void catchUp();
      }
    }
  };

  /** One reader at a time; whoever comes meanwhile finds that there is more when it looks again. */
  const catchUp = async (): Promise<void> => {
    if (reading || closed.signal.aborted || store.getState().problem !== undefined) return;
    const mine = turn;
    reading = true;
    try {
      for (;;) {
        const { lastSeen } = store.getState();
        // A page may be newer than the board.
        if (newest <= lastSeen) return;
        if (newest - lastSeen > MAX_BEHIND) {
          if (follow) begin();
          return;
        }
        const page = await ask({ afterSequence: lastSeen }, mine);
        if (mine !== turn) return;
        append(page, page.settings);
        // Nothing was there to look at, though the board said so: records were cleared meanwhile.
        if (page.lastSeen <= lastSeen) return;
      }
    } catch (error) {
      fail(error, mine);
    } finally {
      if (mine === turn) reading = false;
    }
  };

  const append = (page: RequestPage, settings: RecordingSettings): void => {
    const { rows, lastSeen } = store.getState();
    const added = page.requests.length === 0 ? rows : [...rows, ...page.requests].slice(-MAX_KEPT);
    store.setState({ rows: added, kept: page.kept, settings, lastSeen: Math.max(lastSeen, page.lastSeen) });
  };

  return {
    store,
    setFilter(next) {
      if (JSON.stringify(next) === JSON.stringify(filter) && firstSeen !== 0) return;
      filter = next;
      begin();
    },
    boardChanged(lastRequest) {
      // Numbers start again with the server.
      const isAnother = lastRequest < newest;
      newest = lastRequest;
      if (isAnother) begin();
      else void catchUp();
    },
    setFollow(next) {
      follow = next;
      void catchUp();
    },
    async loadOlder() {
      if (readingOlder || store.getState().complete || store.getState().loading) return;
      const mine = turn;
      readingOlder = true;
      try {
        let found = 0;
        // Few of very many may pass: it goes on until there is something to see.
        while (found < MAX_REQUEST_PAGE / 5 && !store.getState().complete) {
          const page = await ask({ beforeSequence: firstSeen }, mine);
          if (mine !== turn) return;
          const { rows } = store.getState();
          firstSeen = page.firstSeen === 0 ? firstSeen : page.firstSeen;
          found += page.requests.length;
          store.setState({
            rows: [...page.requests, ...rows],
            complete: !page.more || rows.length >= MAX_KEPT,
            kept: page.kept,
          });
        }
      } catch (error) {
        fail(error, mine);
      } finally {
        if (mine === turn) readingOlder = false;
      }
    },
    settingsChanged: (settings) => store.setState({ settings }),
    reload: begin,
    close: () => closed.abort(),
  };
}

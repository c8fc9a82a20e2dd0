import type { StoreApi } from 'zustand';
import { createStore } from 'zustand';

/** Where the last request of one model stands. */
export type SendState =
  | { readonly phase: 'sending'; readonly startedAtMs: number; readonly abort: AbortController }
  | {
      readonly phase: 'answered';
      readonly status: number;
      readonly latencyMs: number;
      /** The version that answered, as the response's header says; undefined when there is none, as for most errors. */
      readonly version: string | undefined;
      readonly sizeBytes: number;
      readonly body: string;
      readonly atMs: number;
    }
  /** No answer: nothing listens, the connection broke, or the request was cancelled. */
  | { readonly phase: 'failed'; readonly message: string; readonly atMs: number };

export interface PlayState {
  /** Request bodies being written, by model; the text is the truth, the form is read from it. */
  readonly drafts: Readonly<Record<string, string>>;
  readonly sends: Readonly<Record<string, SendState>>;
  /** Seed of the random fill. */
  readonly seed: number;
  setDraft(model: string, text: string): void;
  setSeed(seed: number): void;
  /** Sends the text as a predict request; a request of the same model that is still running is cancelled. Never rejects. */
  send(
    model: string,
    request: { readonly url: string; readonly body: string; readonly versionHeader: string },
  ): Promise<void>;
  cancel(model: string): void;
}

export type PlayStore = StoreApi<PlayState>;

export interface PlayPorts {
  fetch: typeof fetch;
  now(): number;
  /** A clock for durations, in milliseconds. */
  elapsed(): number;
}

/** Drafts and answers of the playground; they outlive the screen, not the page. */
export function createPlayStore(ports: PlayPorts): PlayStore {
  return createStore<PlayState>((set, get) => ({
    drafts: {},
    sends: {},
    seed: 42,
    setDraft: (model, text) => set((state) => ({ drafts: { ...state.drafts, [model]: text } })),
    setSeed: (seed) => set({ seed }),

    async send(model, { url, body, versionHeader }) {
      get().cancel(model);
      const abort = new AbortController();
      const put = (send: SendState): void => set((state) => ({ sends: { ...state.sends, [model]: send } }));
      put({ phase: 'sending', startedAtMs: ports.now(), abort });
      const startedAt = ports.elapsed();
      try {
        const response = await ports.fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
          signal: abort.signal,
          credentials: 'omit',
        });
        const bytes = await response.arrayBuffer();
        const latencyMs = ports.elapsed() - startedAt;
        if (abort.signal.aborted) return;
        put({
          phase: 'answered',
          status: response.status,
          latencyMs,
          version: response.headers.get(versionHeader) ?? undefined,
          sizeBytes: bytes.byteLength,
          body: new TextDecoder().decode(bytes),
          atMs: ports.now(),
        });
      } catch (error) {
        // A request that was cancelled has been replaced or reported by `cancel` already.
        if (abort.signal.aborted) return;
        put({ phase: 'failed', message: networkMessage(error, url), atMs: ports.now() });
      }
    },

    cancel(model) {
      const running = get().sends[model];
      if (running?.phase !== 'sending') return;
      running.abort.abort();
      set((state) => ({
        sends: {
          ...state.sends,
          [model]: { phase: 'failed', message: 'Cancelled before an answer came.', atMs: ports.now() },
        },
      }));
    },
  }));
}

function networkMessage(error: unknown, url: string): string {
  const { origin } = new URL(url);
  // Browsers say only "Failed to fetch": not reached and not allowed look alike.
  if (error instanceof TypeError)
    return `No answer from ${origin}. Is the REST port open, and does it allow this page?`;
  return error instanceof Error ? error.message : `No answer from ${origin}.`;
}

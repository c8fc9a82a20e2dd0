import type { StoreApi } from 'zustand';
import { createStore } from 'zustand';
import { strings } from '../strings/index.ts';
import type { Rgba } from '../tensors/image-frame.ts';
import type { FormRequest } from '../tensors/request-form.ts';

const words = strings.playground.send;

/** An answer of the server, good or bad. */
export interface Answer {
  readonly phase: 'answered';
  readonly status: number;
  /** From sending to the last byte, measured in this window. */
  readonly latencyMs: number;
  /** The version that answered, as the response's header says; undefined when there is none, as for most errors. */
  readonly version: string | undefined;
  readonly sizeBytes: number;
  readonly body: string;
  readonly atMs: number;
  /** The body of the request that it answers. */
  readonly request: string;
}

/** Where the last request of one model stands. */
export type SendState =
  /** Not sent yet: its version is not available. `version` is empty for whichever comes first. */
  | {
      readonly phase: 'waiting';
      readonly version: string;
      readonly sinceMs: number;
      readonly request: string;
      readonly abort: AbortController;
    }
  | { readonly phase: 'sending'; readonly startedAtMs: number; readonly abort: AbortController }
  | Answer
  /** No answer: nothing listens, the connection broke, or the request was cancelled. */
  | { readonly phase: 'failed'; readonly message: string; readonly atMs: number };

/** One request sent many times, one after the other. */
export interface RepeatState {
  readonly total: number;
  /** Of those with status below 400, in the order they were sent. */
  readonly latenciesMs: readonly number[];
  readonly failures: number;
  /** What the first failure said. */
  readonly firstFailure: string | undefined;
  readonly abort: AbortController | undefined;
}

/** What a picture of an input is made from, so that it can be framed and scaled anew. */
export type PictureSource =
  | { readonly kind: 'drawing'; readonly strokes: readonly Stroke[]; readonly pixels: Rgba }
  | { readonly kind: 'file'; readonly name: string; readonly pixels: Rgba };
/** Points as shares of the pad's edge. */
export type Stroke = readonly { readonly x: number; readonly y: number }[];

/** How a request is sent. */
export interface PlayRequest {
  readonly url: string;
  readonly body: string;
  /** The header that names the version that answered. */
  readonly versionHeader: string;
}

export interface WrittenForm {
  readonly text: string;
  readonly form: FormRequest;
}

/** `rival`: of the version that is compared with. */
export type Lane = 'main' | 'rival';

export interface PlayState {
  /** Request bodies being written, by model; the text is the truth, the form is read from it. */
  readonly drafts: Readonly<Record<string, string>>;
  /** What a form wrote, and the form itself: a long text need not be read again. */
  readonly forms: Readonly<Record<string, WrittenForm>>;
  /** Grows where a draft is replaced by one from elsewhere: fields start afresh then. */
  readonly replaced: Readonly<Record<string, number>>;
  readonly sends: Readonly<Record<string, SendState>>;
  readonly rivals: Readonly<Record<string, SendState>>;
  readonly repeats: Readonly<Record<string, RepeatState>>;
  /** How many requests the history took since the page was opened. */
  readonly kept: Readonly<Record<string, number>>;
  /** By {@link pictureKey}. */
  readonly pictures: Readonly<Record<string, PictureSource>>;
  /** Labels that the user chose a file for, by model. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  /** Seed of the random fill. */
  readonly seed: number;
  setDraft(model: string, text: string, form?: FormRequest): void;
  /**
   * A draft that comes from elsewhere: pictures that the old one was made from are forgotten. `undefined` is the example.
   * @returns how to get the old draft back, pictures included; undefined where there was none, or one that was
   *   taken from elsewhere itself and not touched since.
   */
  replaceDraft(model: string, text: string | undefined): (() => void) | undefined;
  setPicture(key: string, picture: PictureSource | undefined): void;
  setLabels(model: string, labels: readonly string[]): void;
  setSeed(seed: number): void;
  /**
   * Sends the text as a predict request; a request of the same model and lane that is still running is cancelled. One of
   * the main lane ends what is told of many requests that were sent before: it would stand over another's answer.
   * @returns the answer; undefined without one. Never rejects.
   */
  send(model: string, request: PlayRequest, lane?: Lane): Promise<Answer | undefined>;
  /**
   * Shows that a request waits, in place of what was sent before; what still runs is cancelled.
   * @returns aborts where the request is cancelled or another is sent.
   */
  wait(model: string, version: string, request: string): AbortSignal;
  /** Ends the waiting without an answer. Does nothing where it has ended already. */
  giveUp(model: string, waiting: AbortSignal, message: string): void;
  /** The history took a request of this model. */
  keptOne(model: string): void;
  /** Sends so many times, one after the other, until it is cancelled. Never rejects. */
  repeat(model: string, request: PlayRequest, times: number): Promise<void>;
  /** Ends what runs of this model: both lanes and a repetition. */
  cancel(model: string): void;
}

export type PlayStore = StoreApi<PlayState>;

export interface PlayPorts {
  fetch: typeof fetch;
  now(): number;
  /** A clock for durations, in milliseconds. */
  elapsed(): number;
}

/** Texts from here on are slow to read: what is known of them is kept, and typing does not wait for it. */
export const LONG_CHARACTERS = 100_000;

export const pictureKey = (model: string, input: string): string => `${model}\n${input}`;

const SLOT = { main: 'sends', rival: 'rivals' } as const;

/** Drafts and answers of the playground; they outlive the screen, not the page. */
export function createPlayStore(ports: PlayPorts): PlayStore {
  async function ask({ url, body, versionHeader }: PlayRequest, signal: AbortSignal): Promise<Answer> {
    const startedAt = ports.elapsed();
    const response = await ports.fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal,
      credentials: 'omit',
    });
    const bytes = await response.arrayBuffer();
    return {
      phase: 'answered',
      latencyMs: ports.elapsed() - startedAt,
      status: response.status,
      version: response.headers.get(versionHeader) ?? undefined,
      sizeBytes: bytes.byteLength,
      body: new TextDecoder().decode(bytes),
      atMs: ports.now(),
      request: body,
    };
  }

  return createStore<PlayState>((set, get) => {
    const put = (lane: Lane, model: string, send: SendState): void =>
      set((state) => ({ [SLOT[lane]]: { ...state[SLOT[lane]], [model]: send } }));
    const cancelLane = (lane: Lane, model: string): void => {
      const running = get()[SLOT[lane]][model];
      if (running?.phase !== 'sending' && running?.phase !== 'waiting') return;
      running.abort.abort();
      const message = running.phase === 'waiting' ? words.waitCancelled : words.cancelled;
      put(lane, model, { phase: 'failed', message, atMs: ports.now() });
    };
    const forgetRepeat = (model: string): void =>
      set(({ repeats }) => {
        const { [model]: ended, ...others } = repeats;
        return ended && !ended.abort ? { repeats: others } : {};
      });
    const ofModel = (model: string): Readonly<Record<string, PictureSource>> =>
      Object.fromEntries(Object.entries(get().pictures).filter(([key]) => key.startsWith(pictureKey(model, ''))));
    const takeDraft = (
      model: string,
      text: string | undefined,
      pictures: Readonly<Record<string, PictureSource>>,
    ): void =>
      set((state) => {
        const { [model]: _old, ...drafts } = state.drafts;
        const old = ofModel(model);
        const others = Object.entries(state.pictures).filter(([key]) => !(key in old));
        return {
          drafts: text === undefined ? drafts : { ...drafts, [model]: text },
          pictures: { ...Object.fromEntries(others), ...pictures },
          replaced: { ...state.replaced, [model]: (state.replaced[model] ?? 0) + 1 },
        };
      });
    /** Drafts as they came from elsewhere. */
    const untouched = new Map<string, string>();
    return {
      drafts: {},
      forms: {},
      replaced: {},
      kept: {},
      sends: {},
      rivals: {},
      repeats: {},
      pictures: {},
      labels: {},
      seed: 42,
      setDraft: (model, text, form) =>
        set((state) => ({
          drafts: { ...state.drafts, [model]: text },
          // One form of a model at most is held, and only where reading it again takes its time.
          ...(form && text.length >= LONG_CHARACTERS && { forms: { ...state.forms, [model]: { text, form } } }),
        })),
      replaceDraft(model, text) {
        const old = get().drafts[model];
        const pictures = ofModel(model);
        const isWorthless = old === undefined || old === text || untouched.get(model) === old;
        takeDraft(model, text, {});
        if (text !== undefined) untouched.set(model, text);
        return isWorthless ? undefined : () => takeDraft(model, old, pictures);
      },
      setPicture: (key, picture) =>
        set((state) => {
          const { [key]: _old, ...rest } = state.pictures;
          return { pictures: picture ? { ...rest, [key]: picture } : rest };
        }),
      setLabels: (model, labels) => set((state) => ({ labels: { ...state.labels, [model]: labels } })),
      setSeed: (seed) => set({ seed }),

      async send(model, request, lane = 'main') {
        cancelLane(lane, model);
        if (lane === 'main') forgetRepeat(model);
        const abort = new AbortController();
        put(lane, model, { phase: 'sending', startedAtMs: ports.now(), abort });
        try {
          const answer = await ask(request, abort.signal);
          if (abort.signal.aborted) return undefined;
          put(lane, model, answer);
          return answer;
        } catch (error) {
          // A request that was cancelled has been replaced or reported already.
          if (!abort.signal.aborted)
            put(lane, model, { phase: 'failed', message: networkMessage(error, request.url), atMs: ports.now() });
          return undefined;
        }
      },

      wait(model, version, request) {
        get().cancel(model);
        const abort = new AbortController();
        put('main', model, { phase: 'waiting', version, sinceMs: ports.now(), request, abort });
        return abort.signal;
      },
      giveUp(model, waiting, message) {
        const now = get().sends[model];
        if (now?.phase !== 'waiting' || now.abort.signal !== waiting) return;
        put('main', model, { phase: 'failed', message, atMs: ports.now() });
      },
      keptOne: (model) => set((state) => ({ kept: { ...state.kept, [model]: (state.kept[model] ?? 0) + 1 } })),

      async repeat(model, request, times) {
        get().cancel(model);
        const abort = new AbortController();
        let state: RepeatState = { total: times, latenciesMs: [], failures: 0, firstFailure: undefined, abort };
        const tell = (next: Partial<RepeatState>): void => {
          state = { ...state, ...next };
          set((all) => ({ repeats: { ...all.repeats, [model]: state } }));
        };
        const fail = (message: string): void =>
          tell({ failures: state.failures + 1, firstFailure: state.firstFailure ?? message });
        tell({});
        for (let round = 0; round < times && !abort.signal.aborted; round++) {
          try {
            const answer = await ask(request, abort.signal);
            if (answer.status < 400) tell({ latenciesMs: [...state.latenciesMs, answer.latencyMs] });
            else fail(answer.body);
            // The last answer is shown as that of a single request would be.
            if (round === times - 1) put('main', model, answer);
          } catch (error) {
            if (abort.signal.aborted) break;
            fail(networkMessage(error, request.url));
            break;
          }
        }
        tell({ abort: undefined });
      },

      cancel(model) {
        cancelLane('main', model);
        cancelLane('rival', model);
        get().repeats[model]?.abort?.abort();
      },
    };
  });
}

function networkMessage(error: unknown, url: string): string {
  const { origin } = new URL(url);
  // Browsers say only "Failed to fetch": not reached and not allowed look alike.
  if (error instanceof TypeError) return words.unreachable(origin);
  return error instanceof Error ? error.message : words.noAnswer(origin);
}

/**
 * The few globals that every JavaScript runtime has and that pure code (contracts, core, config) may use.
 * No timers and no I/O on purpose: time comes in through `Clock`, everything else as an argument.
 */
interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean; signal?: AbortSignal }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}
declare var AbortSignal: {
  any(signals: readonly AbortSignal[]): AbortSignal;
};
interface AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}
declare var AbortController: {
  new (): AbortController;
};
interface TextEncoder {
  encode(text: string): Uint8Array;
}
declare var TextEncoder: {
  new (): TextEncoder;
};
interface TextDecoder {
  decode(bytes: Uint8Array): string;
}
declare var TextDecoder: {
  new (label?: string, options?: { fatal?: boolean }): TextDecoder;
};
declare function queueMicrotask(callback: () => void): void;
declare function structuredClone<T>(value: T): T;

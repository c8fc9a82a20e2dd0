import { execFile } from 'node:child_process';

/** One method call on D-Bus; all arguments are strings. */
export interface BusCall {
  readonly destination: string;
  readonly path: string;
  /** Interface and method: `org.freedesktop.DBus.NameHasOwner`. */
  readonly method: string;
  readonly args: readonly string[];
}

/** The user's message bus of a Linux desktop. */
export interface SessionBus {
  /**
   * @returns what the method returned as text in the notation of GLib or systemd; undefined where the call failed, took
   *   too long, or there is no bus.
   */
  call(call: BusCall): Promise<string | undefined>;
}

const TIMEOUT_S = 2;

/** Calls by the programs that desktops come with, since Node.js has no D-Bus: GLib's `gdbus`, else systemd's `busctl`. */
export function createSessionBus(run: RunProgram = runProgram): SessionBus {
  return {
    async call({ destination, path, method, args }) {
      const options = ['--session', '--timeout', String(TIMEOUT_S)];
      const target = ['--dest', destination, '--object-path', path, '--method', method];
      const gdbus = await run('gdbus', ['call', ...options, ...target, ...args]);
      if (gdbus.kind !== 'absent') return gdbus.kind === 'ok' ? gdbus.output : undefined;
      const dot = method.lastIndexOf('.');
      const signature = args.length > 0 ? ['s'.repeat(args.length)] : [];
      const called = [destination, path, method.slice(0, dot), method.slice(dot + 1), ...signature, ...args];
      const busctl = await run('busctl', ['--user', `--timeout=${TIMEOUT_S}`, 'call', ...called]);
      return busctl.kind === 'ok' ? busctl.output : undefined;
    },
  };
}

export type ProgramResult =
  | { readonly kind: 'ok'; readonly output: string }
  | { readonly kind: 'failed' }
  /** There is no such program. */
  | { readonly kind: 'absent' };
export type RunProgram = (program: string, args: readonly string[]) => Promise<ProgramResult>;

function runProgram(program: string, args: readonly string[]): Promise<ProgramResult> {
  const { promise, resolve } = Promise.withResolvers<ProgramResult>();
  // Killed where its own limit does not hold, so that the window never waits for it.
  execFile(program, [...args], { timeout: 2 * TIMEOUT_S * 1000, killSignal: 'SIGKILL' }, (error, stdout) => {
    if (!error) resolve({ kind: 'ok', output: stdout });
    else resolve({ kind: error.code === 'ENOENT' ? 'absent' : 'failed' });
  });
  return promise;
}

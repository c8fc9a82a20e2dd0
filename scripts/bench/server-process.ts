import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';

const Ready = z.looseObject({
  ready: z.literal(true),
  restUrl: z.url().default(''),
  grpcAddress: z.string().default(''),
  signInUrl: z.string().default(''),
});
const Delay = z.object({ p99Ms: z.number(), maxMs: z.number(), turnMs: z.number() });

/** A server in a process of its own, ended with `await using`. */
export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  /** Of the REST API; empty where there is none. */
  readonly url: string;
  /** `127.0.0.1:PORT`; empty where there is no gRPC API. */
  readonly grpcAddress: string;
  /** Signs in to the user interface, once; empty where there is none. */
  readonly signInUrl: string;
  /** Event-loop delay of the server's main thread while `during` goes on; needs the loop-delay preload. */
  loopDelay(during: () => Promise<unknown>): Promise<z.infer<typeof Delay>>;
  /** What the process answers to a message. @throws Error when it ends instead. */
  ask(question: object | string): Promise<unknown>;
}

/**
 * @param execArgv options of Node itself.
 * @param environment added to this process's own.
 * @param errors where what it writes to standard error goes; its log is there.
 * @throws Error when the process ends before it says that it is ready.
 */
export async function startServer(
  script: string,
  args: readonly string[],
  execArgv: readonly string[] = [],
  environment: Readonly<Record<string, string | undefined>> = {},
  errors: 'inherit' | 'ignore' = 'inherit',
): Promise<ServerProcess> {
  const child = fork(script, args, {
    execArgv: [...execArgv],
    // The same without `CI`, under which some libraries behave differently.
    env: { ...process.env, CI: undefined, ORT_DISABLE_TELEMETRY: '1', ...environment },
    stdio: ['ignore', 'ignore', errors, 'ipc'],
  });
  const ask = async (question: object | string): Promise<unknown> => {
    const answer = Promise.race([message(child), ended(child, script)]);
    child.send(question);
    return answer;
  };
  const { restUrl, grpcAddress, signInUrl } = Ready.parse(await Promise.race([message(child), ended(child, script)]));
  return {
    pid: child.pid ?? 0,
    url: restUrl,
    grpcAddress,
    signInUrl,
    async loopDelay(during) {
      child.send('reset');
      await during();
      return Delay.parse(await ask('report'));
    },
    ask,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function message(child: ChildProcess): Promise<unknown> {
  const [first]: unknown[] = await once(child, 'message');
  return first;
}

async function ended(child: ChildProcess, script: string): Promise<never> {
  const [code] = await once(child, 'exit');
  throw new Error(`${script} ended with code ${String(code)} before it answered`);
}

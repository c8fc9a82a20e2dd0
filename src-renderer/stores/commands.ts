import type { UiCommandName, UiCommandRequest, UiCommandResult } from '#contracts/ui-commands.ts';
import { UI_COMMAND_SCHEMAS, UI_PATHS, UiCommandError } from '#contracts/ui-commands.ts';
import { strings } from '../strings/index.ts';

const words = strings.stores;

/** A command that the server refused or that never reached it; `message` is fit to be shown. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  /** A canonical code, or `UNAVAILABLE` when the server was not reached. */
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** One command of the contract. */
export type Command<C extends UiCommandName> = (
  request: UiCommandRequest<C>,
  signal?: AbortSignal,
) => Promise<UiCommandResult<C>>;

/** Every command of the contract. */
export interface Commands {
  /** @throws CommandError, or AbortError on abort (by the promise). */
  run<C extends UiCommandName>(
    name: C,
    request: UiCommandRequest<C>,
    signal?: AbortSignal,
  ): Promise<UiCommandResult<C>>;
}

/** @param onSignedOut is called when the server does not know the session any more. */
export function createCommands(send: typeof fetch, onSignedOut: () => void): Commands {
  return { run };

  async function run<C extends UiCommandName>(
    name: C,
    request: UiCommandRequest<C>,
    signal?: AbortSignal,
  ): Promise<UiCommandResult<C>> {
    let response: Response;
    let body: unknown;
    try {
      response = await send(UI_PATHS.commands + name, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request),
        // A removal that is confirmed by closing the window must still arrive.
        keepalive: name === 'removeModel',
        ...(signal ? { signal } : {}),
      });
      body = await response.json().catch(() => undefined);
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new CommandError('UNAVAILABLE', words.noAnswer, { cause: error });
    }
    if (response.status === 401) onSignedOut();
    if (!response.ok) {
      const known = UiCommandError.safeParse(body).data;
      throw new CommandError(known?.code ?? 'UNKNOWN', known?.message ?? words.status(String(response.status)));
    }
    const result = UI_COMMAND_SCHEMAS[name].result.safeParse(body);
    if (result.success) return result.data;
    throw new CommandError('INTERNAL', words.notUnderstood, {
      cause: result.error,
    });
  }
}

/** What to tell the user about a failed command. */
export const errorText = (error: unknown): string => (error instanceof Error ? error.message : words.wentWrong);

import type { UiCommandName, UiCommandRequest, UiCommandResult } from '#contracts/ui.ts';
import { UI_COMMANDS, UI_PATHS, UiCommandError } from '#contracts/ui.ts';
import type { z } from 'zod';

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

/** Every command of the contract as a function. All reject with {@link CommandError}, or AbortError on abort. */
export type Commands = {
  readonly [C in UiCommandName]: (request: UiCommandRequest<C>, signal?: AbortSignal) => Promise<UiCommandResult<C>>;
};

/** @param onSignedOut is called when the server does not know the session any more. */
export function createCommands(send: typeof fetch, onSignedOut: () => void): Commands {
  async function post<T>(
    name: UiCommandName,
    schema: z.ZodType<T>,
    request: unknown,
    signal?: AbortSignal,
  ): Promise<T> {
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
      throw new CommandError('UNAVAILABLE', 'The server does not answer.', { cause: error });
    }
    if (response.status === 401) onSignedOut();
    if (!response.ok) {
      const known = UiCommandError.safeParse(body).data;
      throw new CommandError(
        known?.code ?? 'UNKNOWN',
        known?.message ?? `The server answered with status ${response.status}.`,
      );
    }
    const result = schema.safeParse(body);
    if (result.success) return result.data;
    throw new CommandError('INTERNAL', 'The server answered in a form that this page does not understand.', {
      cause: result.error,
    });
  }
  return {
    previewAdd: (request, signal) => post('previewAdd', UI_COMMANDS.previewAdd.result, request, signal),
    listFolder: (request, signal) => post('listFolder', UI_COMMANDS.listFolder.result, request, signal),
    addModels: (request, signal) => post('addModels', UI_COMMANDS.addModels.result, request, signal),
    removeModel: (request, signal) => post('removeModel', UI_COMMANDS.removeModel.result, request, signal),
    pollNow: (request, signal) => post('pollNow', UI_COMMANDS.pollNow.result, request, signal),
    retryVersion: (request, signal) => post('retryVersion', UI_COMMANDS.retryVersion.result, request, signal),
    exportConfig: (request, signal) => post('exportConfig', UI_COMMANDS.exportConfig.result, request, signal),
    listRequests: (request, signal) => post('listRequests', UI_COMMANDS.listRequests.result, request, signal),
    setRecording: (request, signal) => post('setRecording', UI_COMMANDS.setRecording.result, request, signal),
    clearRequests: (request, signal) => post('clearRequests', UI_COMMANDS.clearRequests.result, request, signal),
    exportRequests: (request, signal) => post('exportRequests', UI_COMMANDS.exportRequests.result, request, signal),
  };
}

/** What to tell the user about a failed command. */
export const errorText = (error: unknown): string => (error instanceof Error ? error.message : 'Something went wrong.');

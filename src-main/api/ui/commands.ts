import type { z } from 'zod';
import { ServingError } from '../../contracts/serving-error.ts';
import { UI_COMMANDS, type UiCommandName, type UiCommandRequest, type UiCommandResult } from '../../contracts/ui.ts';

/**
 * What each command of the user interface does. The signal aborts when its caller goes away or the server stops.
 * Errors are ServingErrors with messages for the user.
 */
export type UiCommandHandlers = {
  readonly [C in UiCommandName]: (request: UiCommandRequest<C>, signal: AbortSignal) => Promise<UiCommandResult<C>>;
};

/** Runs a command by its name. @param body the parsed JSON of the request. */
export type UiCommandRunner = (name: string, body: unknown, signal: AbortSignal) => Promise<unknown>;

/** @throws ServingError (by the runner) NOT_FOUND for an unknown command, INVALID_ARGUMENT for a body not of its schema. */
export function createUiCommandRunner(handlers: UiCommandHandlers): UiCommandRunner {
  const runners = {
    previewAdd: bind(UI_COMMANDS.previewAdd.request, handlers.previewAdd),
    listFolder: bind(UI_COMMANDS.listFolder.request, handlers.listFolder),
    addModels: bind(UI_COMMANDS.addModels.request, handlers.addModels),
    removeModel: bind(UI_COMMANDS.removeModel.request, handlers.removeModel),
    pollNow: bind(UI_COMMANDS.pollNow.request, handlers.pollNow),
    retryVersion: bind(UI_COMMANDS.retryVersion.request, handlers.retryVersion),
    exportConfig: bind(UI_COMMANDS.exportConfig.request, handlers.exportConfig),
    listRequests: bind(UI_COMMANDS.listRequests.request, handlers.listRequests),
    setRecording: bind(UI_COMMANDS.setRecording.request, handlers.setRecording),
    clearRequests: bind(UI_COMMANDS.clearRequests.request, handlers.clearRequests),
    exportRequests: bind(UI_COMMANDS.exportRequests.request, handlers.exportRequests),
  } satisfies Record<UiCommandName, BoundCommand>;

  return async (name, body, signal) => {
    if (!isCommandName(name)) throw new ServingError('NOT_FOUND', 'There is no such command');
    return runners[name](body, signal);
  };
}

type BoundCommand = (body: unknown, signal: AbortSignal) => Promise<unknown>;

function bind<Request>(
  schema: z.ZodType<Request>,
  handler: (request: Request, signal: AbortSignal) => Promise<unknown>,
): BoundCommand {
  return (body, signal) => {
    const parsed = schema.safeParse(body);
    if (parsed.success) return handler(parsed.data, signal);
    const issues = parsed.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`,
    );
    return Promise.reject(new ServingError('INVALID_ARGUMENT', issues.join('; ')));
  };
}

function isCommandName(name: string): name is UiCommandName {
  return Object.hasOwn(UI_COMMANDS, name);
}

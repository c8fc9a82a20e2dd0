import { ServingError } from '../../contracts/serving-error.ts';
import {
  UI_COMMAND_SCHEMAS,
  type UiCommandName,
  type UiCommandRequest,
  type UiCommandResult,
} from '../../contracts/ui-commands.ts';

/**
 * What each command of the user interface does. The signal aborts when its caller goes away or the server stops.
 * Errors are ServingErrors with messages for the user.
 */
export type UiCommandHandlers = {
  readonly [C in UiCommandName]: (request: UiCommandRequest<C>, signal: AbortSignal) => Promise<UiCommandAnswer<C>>;
};

/** A result that another thread has made into JSON, since it may be large; that thread answers for its form. */
export class EncodedJson {
  /** UTF-8. */
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** What a handler gives. */
export type UiCommandAnswer<C extends UiCommandName> = C extends 'modelGraph' ? EncodedJson : UiCommandResult<C>;

/** Runs a command by its name. @param body the parsed JSON of the request. @returns what the handler gives. */
export type UiCommandRunner = (name: string, body: unknown, signal: AbortSignal) => Promise<unknown>;

/**
 * @param handlers a command without one is unknown.
 * @throws ServingError (by the runner) NOT_FOUND for an unknown command, INVALID_ARGUMENT for a body not of its schema.
 */
export function createUiCommandRunner(handlers: Partial<UiCommandHandlers>): UiCommandRunner {
  const runOne = async <C extends UiCommandName>(
    name: C,
    body: unknown,
    signal: AbortSignal,
  ): Promise<UiCommandAnswer<C>> => {
    const parsed = UI_COMMAND_SCHEMAS[name].request.safeParse(body);
    if (parsed.success) {
      const handler = handlers[name];
      if (!handler) throw new ServingError('NOT_FOUND', 'This server does not have the command');
      return handler(parsed.data, signal);
    }
    const issues = parsed.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`,
    );
    throw new ServingError('INVALID_ARGUMENT', issues.join('; '));
  };
  return async (name, body, signal) => {
    if (!isCommandName(name)) throw new ServingError('NOT_FOUND', 'There is no such command');
    return runOne(name, body, signal);
  };
}

function isCommandName(name: string): name is UiCommandName {
  return Object.hasOwn(UI_COMMAND_SCHEMAS, name);
}

import { ServingError } from '../../contracts/serving-error.ts';
import { SERVING_COMMANDS } from '../../contracts/ui-serving.ts';
import { createLogThreshold } from '../log-threshold.ts';
import { createProcessLogger } from '../process-logger.ts';
import { createStoredAccessTokens } from '../serving/stored-access-tokens.ts';
import type { AccessTokens } from '../serving/access-tokens.ts';
import { openSettingsStore } from '../settings-store.ts';
import { dataDirectoryOf } from '../start-from-flags.ts';
import { systemClock } from '../system-clock.ts';
import { type Command, type CommandArguments, DATA_OPTION, EXIT_OK, JSON_OPTION, table, timeText } from './command.ts';

/*
 * The access tokens of a data directory. They are read from its settings file and written into it, as a server does that
 * uses it; one that runs takes over what changed within seconds (see followSettings).
 */

/** `slipway tokens list`: what may call, without the secrets, which are kept nowhere. */
export const tokensListCommand: Command = {
  argument: '',
  summary: 'lists the access tokens, by which others call from the network',
  options: { ...DATA_OPTION, ...JSON_OPTION },
  async run(given, { print }) {
    const { tokens } = (await openTokens(given)).board.current();
    if (given.flag('json')) {
      print(JSON.stringify({ tokens }));
      return EXIT_OK;
    }
    const rows = tokens.map(({ id, name, createdAtMs }) => [id, name, timeText(createdAtMs)]);
    for (const line of table(['ID', 'NAME', 'CREATED (UTC)'], rows)) print(line);
    return EXIT_OK;
  },
};

/** `slipway tokens add NAME`: prints a new token, this once. */
export const tokensAddCommand: Command = {
  argument: 'NAME',
  summary: 'makes an access token and prints it, which happens this once: nothing keeps it',
  options: { ...DATA_OPTION, ...JSON_OPTION },
  async run(given, { print }) {
    const request = SERVING_COMMANDS.createAccessToken.request.safeParse({ name: given.argument });
    if (!request.success) throw new ServingError('INVALID_ARGUMENT', 'a name has 1 to 60 characters');
    const { token, secret } = await (await openTokens(given)).create(request.data.name);
    if (given.flag('json')) {
      print(JSON.stringify({ token, secret }));
      return EXIT_OK;
    }
    print(secret);
    print(`Token "${token.name}", id ${token.id}. Keep it now: it is not shown again. Callers send it as`);
    print('Authorization: Bearer TOKEN');
    return EXIT_OK;
  },
};

/** `slipway tokens revoke ID`. */
export const tokensRevokeCommand: Command = {
  argument: 'ID',
  summary: 'revokes the access token with this id of the list; a server that runs turns it away within about 2 s',
  options: { ...DATA_OPTION, ...JSON_OPTION },
  async run(given, { print }) {
    const tokens = await openTokens(given);
    const id = given.argument;
    const name = tokens.board.current().tokens.find((token) => token.id === id)?.name;
    await tokens.revoke(id);
    print(given.flag('json') ? JSON.stringify({ revoked: id }) : `Token "${name ?? id}" is revoked.`);
    return EXIT_OK;
  },
};

/** @throws ServingError FAILED_PRECONDITION where the settings cannot be used in full: which tokens count is not known then. */
async function openTokens(given: CommandArguments): Promise<AccessTokens> {
  const log = createProcessLogger(createLogThreshold('error'), 'text');
  const dataDirectory = dataDirectoryOf({ data_dir: given.text('data_dir') ?? '' });
  const store = await openSettingsStore(dataDirectory, log);
  if (store.problem) throw store.problem;
  return createStoredAccessTokens({ store, clock: systemClock });
}

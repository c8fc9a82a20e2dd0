import type { UiCommandHandlers } from '../api/ui/commands.ts';
import type { SERVING_COMMANDS } from '../contracts/ui-serving.ts';
import { ServingError } from '../contracts/serving-error.ts';

export type ServingCommands = Pick<UiCommandHandlers, keyof typeof SERVING_COMMANDS>;

/** What the user interface may do with the switch of the public endpoints. */
export function createServingCommands(): ServingCommands {
  async function notYet(): Promise<never> {
    throw new ServingError('UNIMPLEMENTED', 'the endpoints cannot be switched yet');
  }
  return {
    startServing: notYet,
    stopServing: notYet,
    networkAddresses: notYet,
    setExposure: notYet,
    accessTokens: notYet,
    createAccessToken: notYet,
    revokeAccessToken: notYet,
  };
}

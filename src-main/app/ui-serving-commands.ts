import type { UiCommandHandlers } from '../api/ui/commands.ts';
import type { SERVING_COMMANDS } from '../contracts/ui-serving.ts';
import type { Serving } from './serving/serving.ts';

export type ServingCommands = Pick<UiCommandHandlers, keyof typeof SERVING_COMMANDS>;

/** What the user interface may do with the switch of the public endpoints. */
export function createServingCommands(serving: Serving): ServingCommands {
  return {
    async startServing(request) {
      await serving.start(request);
      return {};
    },
    async stopServing() {
      serving.stop();
      return {};
    },
    async networkAddresses() {
      return { addresses: serving.networkAddresses() };
    },
    async setExposure(exposure) {
      await serving.setExposure(exposure);
      return {};
    },
    createAccessToken: ({ name }) => serving.tokens.create(name),
    async revokeAccessToken({ id }) {
      await serving.tokens.revoke(id);
      return {};
    },
  };
}

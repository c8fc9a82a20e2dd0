import type { RequestRecorder } from '../api/recording/request-recorder.ts';
import type { TrafficTally } from '../api/traffic/traffic-tally.ts';
import type { UiCommandHandlers } from '../api/ui/commands.ts';
import type { TRAFFIC_COMMANDS } from '../contracts/ui-traffic.ts';
import type { LoadTests } from './load-tests.ts';

export type TrafficCommands = Pick<UiCommandHandlers, keyof typeof TRAFFIC_COMMANDS>;

export interface TrafficCommandsDependencies {
  readonly recorder: Omit<RequestRecorder, 'observe' | 'lastSequence'>;
  readonly traffic: Pick<TrafficTally, 'history' | 'refused' | 'forgetRefused'>;
  readonly loadTests: Omit<LoadTests, 'close'>;
}

/** What the user interface may ask about the calls of the public APIs, and the load tests that it starts. */
export function createTrafficCommands({ recorder, traffic, loadTests }: TrafficCommandsDependencies): TrafficCommands {
  return {
    async trafficHistory(range) {
      return traffic.history(range);
    },
    async listRequests(request) {
      return { settings: recorder.settings(), ...recorder.page(request) };
    },
    async requestDetail({ sequence }) {
      return recorder.detail(sequence);
    },
    async setRecording(settings) {
      return recorder.configure(settings);
    },
    async clearRequests() {
      recorder.clear();
      traffic.forgetRefused();
      return {};
    },
    async refusedCalls() {
      return { callers: traffic.refused() };
    },
    async exportRequests(filter) {
      return { text: await recorder.toJsonLines(filter) };
    },
    async startLoadTest(request) {
      return loadTests.start(request);
    },
    loadTestResult: ({ id }) => loadTests.result(id),
    async listLoadTests() {
      return { reports: await loadTests.list() };
    },
    async deleteLoadTest({ id }) {
      await loadTests.remove(id);
      return {};
    },
  };
}

import type { Exposure, ServingView } from '#contracts/ui-serving.ts';
import { NOW_MS, serverView, snapshot } from '../../../testing/fixtures.ts';
import { USUAL_MODELS } from './model-stories.ts';
import type { Story } from './story.ts';

/** How the switch of the server can stand, and what it shows beyond its state. */
export const SERVING_STATES = [
  'stopped',
  'starting',
  'running',
  'draining',
  'failed',
  'port-taken',
  'exposed',
  'exposed-unsafe',
] as const;
export type ServingStory = (typeof SERVING_STATES)[number];

const RUNNING: ServingView = { state: 'running', sinceMs: NOW_MS - 3_600_000, fixed: [] };
const MOMENT: Pick<ServingView, 'sinceMs' | 'fixed'> = { sinceMs: NOW_MS - 4000, fixed: [] };

const reached = (tokenRequired: boolean): Exposure => ({
  addresses: [
    {
      interface: 'wlan0',
      family: 'ipv4',
      address: '192.168.1.20',
      restUrl: 'http://192.168.1.20:8501',
      grpcAddress: '192.168.1.20:8500',
    },
  ],
  tokenRequired,
  isFixed: false,
});

/** On Models, with two requests in flight: what the switch says is in the status bar, and opened from there. */
const story = (serving: ServingView): Story => ({
  path: '/models',
  told: snapshot(USUAL_MODELS, { server: serverView({ serving }) }),
});

export const SERVING: Readonly<Record<ServingStory, Story>> = {
  stopped: story({ ...MOMENT, state: 'stopped' }),
  starting: story({ ...MOMENT, state: 'starting' }),
  running: story(RUNNING),
  draining: story({ ...MOMENT, state: 'draining' }),
  failed: story({
    ...MOMENT,
    state: 'failed',
    problem: { code: 'PERMISSION_DENIED', message: 'port 80 may not be opened by this user' },
  }),
  'port-taken': story({
    ...MOMENT,
    state: 'failed',
    problem: {
      code: 'ALREADY_EXISTS',
      message: 'port 8501 is in use',
      port: {
        endpoint: 'rest',
        port: 8501,
        holder: { pid: 4211, name: 'tensorflow_model_server', isSlipway: false },
        freePort: 8502,
      },
    },
  }),
  exposed: story({ ...RUNNING, exposure: reached(true) }),
  'exposed-unsafe': story({ ...RUNNING, exposure: reached(false) }),
};

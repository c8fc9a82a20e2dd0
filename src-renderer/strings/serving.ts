/** Words of the switch of the public endpoints, wherever it stands. */
import type { ServingEndpoint, ServingState } from '#contracts/ui-serving.ts';

const states: Readonly<Record<ServingState, string>> = {
  stopped: 'Not serving',
  starting: 'Starting',
  running: 'Serving',
  draining: 'Stopping',
  failed: 'Failed to start',
};

const endpoints: Readonly<Record<ServingEndpoint, string>> = { rest: 'REST API', grpc: 'gRPC API' };

export const serving = {
  states,
  endpoints,
  protocols: { rest: 'REST', grpc: 'gRPC' } satisfies Record<ServingEndpoint, string>,
  /** Name of the popover. */
  label: 'Server switch',
  start: 'Start serving',
  stop: 'Stop serving',
  finishing: (requests: string) => `Finishing ${requests}…`,
  request: 'request',
  /** What each state means, in a line. */
  explained: {
    stopped: 'Models stay loaded; nobody can call them until you start serving.',
    starting: 'The ports are being opened.',
    running: 'Models answer at these addresses.',
    draining: 'No new requests are taken. The ports close when these are answered.',
    failed: 'Models stay loaded; nobody can call them.',
  } satisfies Record<ServingState, string>,
  /** Before how long ago the state began. */
  since: {
    stopped: 'Stopped',
    starting: 'Began',
    running: 'Started',
    draining: 'Began',
    failed: 'Failed',
  } satisfies Record<ServingState, string>,
  inFlight: (requests: string) => `${requests} in flight`,
  idle: 'No request in flight',
  addresses: 'Addresses',
  thisComputer: 'This computer',
  willReach: 'A start also opens them to your network again.',
  notOpen: 'Not open',
  addressOf: (what: string) => `the address ${what}`,
  already: { running: 'Slipway is serving already.', stopped: 'Slipway has stopped serving already.' },
  settings: 'Settings',

  /** In the place of what needs the endpoints. */
  notServing: {
    stopped: {
      title: 'Slipway is not serving',
      text: 'Models stay loaded and can be looked at; no call reaches them.',
    },
    starting: { title: 'Slipway is starting to serve', text: 'The ports are being opened.' },
    draining: { title: 'Slipway stops serving', text: 'It finishes the requests it has and takes no new ones.' },
    failed: { title: 'Slipway could not start serving', text: 'Models stay loaded; no call reaches them.' },
  },

  problem: {
    title: 'Serving did not start',
    portTaken: (port: string) => `Port ${port} is taken`,
    heldBy: (name: string, pid: string) => `${name} (process ${pid}) uses it.`,
    heldBySlipway: (pid: string) =>
      `Another Slipway of yours (process ${pid}) uses it. Quit that one, or take another port.`,
    heldByUnknown: 'Another program uses it; the system does not say which.',
    wanted: (endpoint: string) =>
      `Slipway wanted it for the ${endpoint}. Models stay loaded, but nobody can call them.`,
    fixed: (flag: string) =>
      `The port is fixed by --${flag} on the command line. Free it and retry, or start Slipway with another one.`,
    noFree: 'No free port was found nearby.',
    takeFree: (port: string) => `Use ${port} now`,
    remember: (port: string) => `Take ${port} at each start too`,
    retry: 'Retry',
    changePort: 'Change the port…',
    retrying: 'Opening the ports…',
  },

  exposed: {
    title: 'Reachable by others in your network',
    at: (addresses: string) => `at ${addresses}`,
    more: (count: string) => `and ${count} more`,
    withToken: 'Token required',
    withoutToken: 'No token required: anybody there can call',
    stop: 'Stop exposing',
    fold: 'Fold to the status bar',
    unfold: 'Show the banner again',
    chip: 'Exposed',
    chipOpen: 'Exposed, no token',
    stopped: 'Only this computer reaches the models now.',
    undo: 'Undo',
    fixed: 'Set by --host',
    paused: 'The network changed; exposure is paused',
    pausedText: (interfaces: readonly string[]) =>
      `${[...new Set(interfaces)].join(', ')}: another network than the one you chose. Expose again?`,
    againWithToken: 'A token will be required.',
    againWithoutToken: 'No token will be required: anybody here could call.',
    exposeAgain: 'Expose again',
    again: 'Others in this network can call the models now.',
  },
} as const;

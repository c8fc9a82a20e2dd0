/** Words of the screen Settings. */
import type { OpenPort, ServerSettingId } from '#contracts/ui-settings.ts';

/** Words of one setting of the server. */
export interface SettingWords {
  readonly name: string;
  readonly text: string;
  /** What it means that nothing was asked for. */
  readonly unset?: string;
  /** Further words that people may search for. */
  readonly words?: string;
}

/** Settings of the server that are as its command line has them. */
const server: Readonly<Record<ServerSettingId, SettingWords>> = {
  host: {
    name: 'Listen on',
    text: 'Address at which the REST and gRPC APIs listen. 127.0.0.1 is this computer only.',
    words: 'interface network lan expose loopback',
  },
  restPort: { name: 'REST port', text: 'Port of the REST API; 0 takes a free one at each start.', words: 'http' },
  grpcPort: { name: 'gRPC port', text: 'Port of the gRPC API; 0 turns it off.', unset: 'Off' },
  uiPort: {
    name: 'Port of this page',
    text: 'The user interface is always on 127.0.0.1 and needs a sign-in link.',
    words: 'ui browser',
  },
  tls: {
    name: 'Encryption (TLS)',
    text: 'Both APIs speak TLS only, with the key and certificate of a file.',
    words: 'https ssl certificate',
  },
  clientCertificates: {
    name: 'Client certificates',
    text: 'Whether a client has to show a certificate of its own.',
    words: 'mtls mutual tls access',
  },
  allowedHosts: {
    name: 'Further host names',
    text: 'Names by which clients may call the server besides localhost and its own address.',
    unset: 'None',
    words: 'host header rebinding access',
  },
  localPages: {
    name: 'Web pages of this computer',
    text: 'Let pages that this computer serves, on any port, call the REST API.',
    words: 'cors browser origin access',
  },
  allowedOrigins: {
    name: 'Other web pages',
    text: 'Origins whose web pages may call the REST API.',
    unset: 'None',
    words: 'cors browser origin access',
  },
  metricsPath: {
    name: 'Prometheus metrics',
    text: 'Path of the REST API at which metrics are read.',
    unset: 'Off',
    words: 'monitoring',
  },
  healthService: {
    name: 'gRPC health checks',
    text: 'Answer grpc.health.v1.Health beside the models.',
    unset: 'gRPC is off',
    words: 'monitoring',
  },
  memoryLimit: {
    name: 'Memory of all models',
    text: 'A version that does not fit below the limit waits until there is room.',
    unset: 'No limit',
    words: 'ram budget',
  },
  restTimeout: { name: 'REST timeout', text: 'A request that takes longer is given up with status 504.' },
  restBody: {
    name: 'Largest REST body',
    text: 'Larger requests are refused; counted after inflating.',
    words: 'max request size',
  },
  grpcMessage: {
    name: 'Largest gRPC message',
    text: 'In either direction.',
    unset: 'gRPC is off',
    words: 'max request size',
  },
  drainDeadline: {
    name: 'Drain deadline',
    text: 'How long running requests may take to finish before a version unloads or the server stops.',
    words: 'shutdown unload',
  },
  pollInterval: {
    name: 'Look for versions every',
    text: 'Time between two looks at each place that is watched; 0 s looks only once.',
    unset: '1 s, in stores 30 s',
    words: 'poll interval file system s3',
  },
  settleTime: {
    name: 'Settle time',
    text: 'The files of a new version have to stay unchanged for so long before it is loaded.',
    unset: '1 s, in stores 10 s',
    words: 'copying',
  },
  configPoll: {
    name: 'Look at the model config file every',
    text: 'A changed --model_config_file is applied without a restart.',
    unset: 'Read once, or not in use',
    words: 'reload model_config_file',
  },
  policy: {
    name: 'How versions change',
    text: 'availability_preserving loads the new version beside the old one; resource_preserving unloads first. A model may have its own.',
    words: 'version policy',
  },
  labelsInAdvance: {
    name: 'Labels in advance',
    text: 'A new label may stand for a version that is not available yet.',
  },
  loads: {
    name: 'Loads at a time',
    text: 'Versions that load side by side once the server has started.',
    words: 'threads',
  },
  loadsAtStart: { name: 'Loads at a time, at start', text: 'While nothing is served yet.', words: 'threads' },
  unloads: { name: 'Unloads at a time', text: 'Versions that unload side by side.', words: 'threads' },
  loadRetries: {
    name: 'Load retries',
    text: 'A failed load is tried again so many times, then the version waits for new files or for you.',
  },
  retryInterval: {
    name: 'Longest wait between retries',
    text: 'The first wait is 1 s; each next one doubles up to this.',
  },
  warmup: { name: 'Warm-up', text: 'The warm-up requests of a version run before it is available.', words: 'warm up' },
  warmupIterations: { name: 'Runs of each warm-up request', text: 'More of them settle caches and memory.' },
  batching: {
    name: 'Batching',
    text: 'On: as the batching parameters say. Off: each request runs alone.',
    unset: 'Automatic: what waits runs together',
    words: 'batch',
  },
  batchingOfVersions: {
    name: 'Batching parameters of each version',
    text: 'Taken from batching_params.pbtxt in the version’s folder.',
    words: 'batch',
  },
  intraOpThreads: {
    name: 'Threads within an operator',
    text: 'Threads of one run inside an operator.',
    unset: 'Chosen by the server',
    words: 'cpu cores parallelism',
  },
  interOpThreads: {
    name: 'Threads across operators',
    text: 'Threads of one run for operators side by side.',
    unset: 'Chosen by the server',
    words: 'cpu cores parallelism',
  },
  tensorContent: {
    name: 'Packed tensors in gRPC answers',
    text: 'Answers carry tensor_content instead of typed values.',
    unset: 'gRPC is off',
  },
  cacheSize: {
    name: 'Space for local copies',
    text: 'Copies of models from stores; the one used longest ago goes first, none that is in use.',
    words: 's3 cache disk',
  },
  cacheDirectory: {
    name: 'Folder of local copies',
    text: 'Several servers may share it.',
    words: 's3 cache disk',
  },
  recordRequests: { name: 'Record calls', text: '' },
  recordBodies: { name: 'Record bodies', text: '' },
  recordBodyBytes: { name: 'Kept of each body', text: '' },
  recordShare: { name: 'Share of calls', text: '' },
  recordFile: {
    name: 'File of recorded calls',
    text: 'Recorded calls are also added to this file, one JSON line each. Wiping here leaves it alone.',
    unset: 'None',
    words: 'jsonl log disk',
  },
  dataDirectory: {
    name: 'Data folder',
    text: 'Settings, connections, load test reports and, unless set otherwise, local copies of models.',
    words: 'data directory where disk',
  },
};

const ports: Readonly<Record<OpenPort['purpose'], { readonly name: string; readonly why: string }>> = {
  rest: { name: 'REST API', why: 'Clients ask models for predictions, and monitoring reads metrics.' },
  grpc: { name: 'gRPC API', why: 'The same for clients that speak gRPC.' },
  ui: { name: 'This page', why: 'The user interface, for whoever holds a sign-in link.' },
};

export const settings = {
  title: 'Settings',
  sectionsLabel: 'Sections of the settings',
  aboutTitle: 'About',
  search: {
    label: 'Search settings',
    placeholder: 'Search all settings',
    found: (count: string, one: boolean) => `${count} ${one ? 'setting' : 'settings'} found`,
    none: (query: string) => `No setting matches “${query}”`,
    noneText: 'Every word has to be somewhere in the name, the explanation or the flag of a setting.',
    clear: 'Clear the search',
  },
  loading: 'Loading the settings',
  failed: 'The settings of the server cannot be read',
  retry: 'Try again',
  offline: 'The server cannot be reached',
  offlineText: 'What it said last is shown and cannot be changed. Choices of this page still work.',
  unknown: 'There is no such section',
  unknownText: 'The address may be from another version of Slipway.',
  unknownBack: 'Go to Server',
  row: {
    live: 'At once',
    liveTitle: 'A change holds at once',
    restart: 'At start',
    restartTitle: 'Read when the server starts: restart it with this flag to change it',
    default: 'Default',
    changed: 'Changed',
    notSaved: (reason: string) => `Not changed: ${reason}`,
    on: 'On',
    off: 'Off',
  },
  unset: 'Not set',
  atStart:
    'Settings with a flag are read when the server starts. To change one, stop the server and start it with the flag.',
  server,
  ports,
  groups: {
    running: 'What runs',
    ports: 'Open ports',
    addresses: 'Addresses',
    access: 'Who may connect',
    limits: 'Limits',
    finding: 'Finding versions',
    loading: 'Loading',
    run: 'Running',
    copies: 'Local copies',
    startup: 'Start and close',
    notifications: 'Notifications',
    look: 'Look',
    recording: 'Recorded calls',
    wipe: 'Wipe',
    where: 'Where data lives',
    letters: 'Letter keys',
    configuration: 'Configuration of the server',
    preferences: 'Preferences of this page',
    data: 'Data',
    program: 'Program',
    parts: 'What it is made of',
  },
  status: {
    name: 'Server',
    text: 'It serves for as long as Slipway runs.',
    running: 'Serving',
    draining: 'Stopping',
    gone: 'Unreachable',
    memoryName: 'Memory in use',
    memoryText: 'Of all loaded versions, measured where that is possible.',
    ofLimit: (used: string, limit: string) => `${used} of ${limit}`,
    words: 'state running stopped',
  },
  port: {
    local: 'This computer only',
    network: 'Your network',
    plain: 'Not encrypted',
    encrypted: 'TLS',
    address: (name: string) => `the address of ${name}`,
    listens: (where: string) => `listens on ${where}`,
    note: 'Nothing else listens: the workers that run models have no port.',
    words: 'listen port address open who connect network firewall',
    networkTitle: 'The APIs can be reached from your network',
    networkText:
      'Whoever reaches this computer can call the models. Start with --host=127.0.0.1 to keep them to yourself.',
  },
  startup: {
    browserTitle: 'These belong to the desktop app',
    browserText:
      'A browser tab cannot start programs, keep them in the background or send notifications for them. Open Slipway’s desktop app to change these.',
    failed: 'The desktop app does not say its settings',
    login: {
      name: 'Start at login',
      text: 'Slipway starts when you log in to this computer.',
      words: 'startup login autostart boot',
    },
    hidden: {
      name: 'Start hidden',
      text: 'A start at login opens no window; the tray icon does.',
      words: 'startup tray window background',
    },
    keep: {
      name: 'Keep serving when the window closes',
      text: 'The server goes on in the tray until you quit.',
      undecided: 'You are asked when you first close the window.',
      words: 'startup tray background quit close',
    },
    available: { name: 'A version became available', text: 'A message while you do not look at Slipway.' },
    loadFailed: { name: 'A version failed to load', text: 'A message while you do not look at Slipway.' },
    sourceFailing: { name: 'A source cannot be read', text: 'A message while you do not look at Slipway.' },
    notificationWords: 'notify message desktop',
  },
  appearance: {
    theme: {
      name: 'Theme',
      text: 'System follows your operating system as it changes.',
      choices: { system: 'System', light: 'Light', dark: 'Dark' },
      words: 'dark light mode colour color night',
    },
    density: {
      name: 'Density',
      text: 'Compact puts more rows on the screen.',
      choices: { comfortable: 'Comfortable', compact: 'Compact' },
      words: 'spacing size rows',
    },
    contrast: {
      name: 'Contrast',
      text: 'More makes text and lines stand out further.',
      choices: { system: 'System', more: 'More' },
      words: 'accessibility',
    },
    motion: {
      name: 'Motion',
      text: 'Reduced switches off transitions and movement.',
      choices: { system: 'System', reduced: 'Reduced' },
      words: 'animation accessibility',
    },
  },
  privacy: {
    record: {
      name: 'Record calls',
      text: 'Time, model, status, durations and sizes of the last 50,000 calls, in memory only. Never headers.',
      words: 'traffic requests history capture',
    },
    bodies: {
      name: 'Record bodies',
      text: 'Also what was sent and answered; fields that look secret are taken out of JSON. Switching off drops what was kept.',
      words: 'body capture payload redaction',
    },
    cap: {
      name: 'Kept of each body',
      text: 'The rest of a longer body is cut off.',
      words: 'body capture size cap limit',
    },
    share: {
      name: 'Share of calls',
      text: 'Part of the calls that is recorded; failed ones always are.',
      words: 'sample rate sampling',
    },
    untilStop: 'Changes hold until the server stops; the flags say how it starts.',
    wipe: {
      name: 'Recorded calls',
      text: 'Forget all calls that are listed in Traffic, with their bodies.',
      action: 'Wipe recorded calls',
      title: 'Wipe all recorded calls?',
      confirm: 'They cannot be brought back. Charts and metrics stay.',
      done: 'Wiped the recorded calls.',
      failed: (reason: string) => `Recorded calls were not wiped: ${reason}`,
      words: 'clear delete history traffic',
    },
    telemetry: {
      name: 'Telemetry',
      text: 'Slipway sends nothing about you, your models or your calls to anybody: no analytics, no crash reports, no update checks.',
      value: 'None',
      words: 'tracking analytics account phone home',
    },
    thisPage: {
      name: 'This browser or window',
      text: 'Choices of look and keys, and what you chose in the palette, stay here. No cookies but the session’s.',
      value: 'Local storage',
      words: 'cookie storage',
    },
  },
  keys: {
    letters: {
      name: 'Letter keys in lists',
      text: 'Single letters act on the focused row, such as P for Playground. Off: letters do nothing there.',
      words: 'shortcut single',
    },
    always: 'Where the focus is in a list or on the page',
    words: 'shortcut keyboard key',
    desktopOnly: 'In the desktop app',
    noKey: 'From the palette',
  },
  advanced: {
    config: {
      name: 'Model config file',
      text: 'The models that are served now, with their policies and labels, as a file for --model_config_file. TensorFlow Serving reads it too. Without credentials.',
      action: 'Export',
      label: 'Export the model config file',
      failed: (reason: string) => `The configuration was not exported: ${reason}`,
      words: 'backup save tensorflow serving download',
    },
    exportPreferences: {
      name: 'Export preferences',
      text: 'The choices of Appearance and Keys as a JSON file. Never anything secret.',
      action: 'Export',
      label: 'Export the preferences of this page',
      words: 'backup save download',
    },
    importPreferences: {
      name: 'Import preferences',
      text: 'Takes such a file over at once; you can undo it.',
      action: 'Choose a file…',
      label: 'File of preferences',
      done: (count: string, one: boolean) => `Imported preferences: ${count} ${one ? 'choice' : 'choices'} changed.`,
      same: 'Imported preferences: nothing was different.',
      undo: 'Undo',
      notJson: 'This file is not JSON.',
      tooLarge: 'This file is too large to hold preferences.',
      otherKind: 'This file holds no preferences of Slipway.',
      newer: 'This file is from a newer version of Slipway.',
      bad: (where: string) => `“${where}” has a value that is not known here; nothing was changed.`,
      words: 'restore load',
    },
  },
  about: {
    version: { name: 'Version', text: 'Of the server that this page talks to.' },
    platform: { name: 'System', text: 'Where the server runs.' },
    uptime: { name: 'Started', text: 'When this server was started.' },
    licence: {
      name: 'Licence',
      text: 'Slipway is free software; the file LICENSE comes with it.',
      value: 'Apache-2.0',
    },
    documents: {
      name: 'Documentation',
      text: 'In the folder docs of the source: configuration.md, storage.md and compatibility.md. All flags: --help.',
    },
    partsWords: 'open source third party licence license',
    platforms: { linux: 'Linux', darwin: 'macOS', win32: 'Windows' },
  },
} as const;

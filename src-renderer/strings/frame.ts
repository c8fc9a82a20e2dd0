/** Words of what is around every screen. */
export const frame = {
  screens: {
    models: 'Models',
    playground: 'Playground',
    traffic: 'Traffic',
    sources: 'Sources',
    logs: 'Logs',
    settings: 'Settings',
  },
  screensLabel: 'Screens',
  loadingScreen: 'Loading the screen',
  theme: {
    label: 'Theme',
    system: 'Theme of the system',
    light: 'Light theme',
    dark: 'Dark theme',
  },
  restUrlName: 'the REST address',
  grpcAddressName: 'the gRPC address',
  copiedRestUrl: (url: string) => `Copied ${url}.`,

  connection: {
    connecting: 'Connecting',
    live: 'Live',
    lost: 'Disconnected',
    signedOut: 'Signed out',
    /** Of what the page shows: how old it is. */
    age: (since: string, asOf: string) => `${since} ago, data as of ${asOf}.`,
    tryingNow: 'Trying now',
    tryingIn: (time: string) => `Trying again in ${time}`,
    tryNow: 'Try now',
  },

  signedOut: {
    title: 'This session has ended',
    reload: 'Reload',
    text: 'Slipway was restarted, or this page was opened without its link. Reload: Slipway then prints a new link in its terminal. Each link works once.',
    desktop: 'In the desktop app, close this window and open Slipway again.',
  },

  status: {
    label: 'Status',
    draining: 'Stopping',
    lastKnown: 'Last known state',
    grpc: 'gRPC',
    available: (count: string) => `${count} available`,
    withErrors: (count: string, one: boolean) => `${count} with ${one ? 'an error' : 'errors'}`,
    loggedErrors: (count: string, one: boolean) => `${count} logged ${one ? 'error' : 'errors'}`,
    version: (version: string) => `Slipway ${version}`,
    shortcuts: 'Keyboard shortcuts',
  },

  drain: {
    title: (requests: string) => `Finishing ${requests}…`,
    unknown: 'Stopping…',
    text: 'Slipway takes no new requests and stops when these are answered.',
    quitNow: 'Quit now',
  },

  tasks: {
    label: 'Tasks',
    none: 'No tasks',
    running: 'Running',
    ended: 'Ended',
    empty: 'Downloads, loads and load tests appear here while they run, on every screen.',
    cancel: (title: string) => `Cancel: ${title}`,
    show: (title: string) => `Show: ${title}`,
    perSecond: (amount: string) => `${amount}/s`,
    left: (time: string) => `${time} left`,
    of: (done: string, total: string) => `${done} of ${total}`,
    states: { running: 'Running', done: 'Done', failed: 'Failed', cancelled: 'Cancelled' },
    took: (time: string) => `took ${time}`,
    request: 'request',
  },

  palette: {
    label: 'Command palette',
    placeholder: 'Search commands, models, settings…',
    results: 'Results',
    none: (query: string) => `Nothing matches “${query}”.`,
    groups: { recent: 'Recent', screens: 'Screens', commands: 'Commands', models: 'Models', settings: 'Settings' },
    model: 'Model',
    version: (status: string) => `Version, ${status}`,
    actions: {
      pin: (name: string, version: string) => `Serve only ${name} v${version}…`,
      rollBack: (name: string, version: string) => `Roll back ${name} to v${version}…`,
      add: (name: string, version: string) => `Load ${name} v${version} as well…`,
      unload: (name: string, version: string) => `Unload ${name} v${version}…`,
      load: (name: string, version: string) => `Load ${name} v${version}…`,
      reload: (name: string, version: string) => `Reload ${name} v${version}…`,
    },
    actionNote: 'Version',
    /** More words that people look for them by. */
    actionWords: {
      pin: 'pin fix roll forward promote deploy specific policy',
      rollBack: 'rollback revert undo previous pin policy',
      add: 'serve start pick policy',
      unload: 'stop hold free memory',
      load: 'start release again',
      reload: 'load again retry refresh restart',
    },
    play: (name: string) => `Play ${name}`,
    playNote: 'Playground',
    connect: { title: 'Connect a store…', words: 's3 bucket connection aws minio r2 ceph garage' },
    /** Pages of a model, with what is done there. */
    pages: {
      versions: {
        title: (name: string) => `Versions of ${name}`,
        words: 'policy label latest all chosen timeline lanes',
      },
      overview: {
        title: (name: string) => `Overview of ${name}`,
        words: 'signature inputs outputs files checksums metadata config opset',
      },
      graph: { title: (name: string) => `Graph of ${name}`, words: 'nodes operators weights drawing svg' },
    },
    setting: 'Settings',
    keys: { move: 'Move', choose: 'Choose', close: 'Close' },
  },

  /** Sections of the settings by the last part of their route, with words that people may search for. */
  settings: {
    server: {
      title: 'Server',
      words: 'port rest grpc network lan token cors expose listen interface address log level memory',
    },
    models: { title: 'Model defaults', words: 'polling policy threads retries warm-up' },
    startup: { title: 'Start-up', words: 'login tray hidden background' },
    appearance: { title: 'Appearance', words: 'theme dark light contrast density motion' },
    privacy: { title: 'Privacy', words: 'record recording calls body bodies capture history wipe' },
    keys: { title: 'Keys', words: 'shortcuts letters keyboard' },
    advanced: { title: 'Advanced', words: 'export import data folder' },
  },

  cheatSheet: {
    title: 'Keyboard shortcuts',
    groups: { file: 'File', go: 'Go', view: 'View', help: 'Help', app: 'Slipway' },
    lists: 'Lists',
    window: 'Window',
    letters: 'Letters act on the focused row',
    lettersHint: 'Such as P for Playground. Off: letters do nothing in lists.',
    keys: {
      nextRegion: 'Next part of the window',
      previousRegion: 'Previous part of the window',
      escape: 'Close the top layer, then clear the filter',
      move: 'Move between rows',
      page: 'A page up or down',
      ends: 'First and last row',
      open: 'Open the row',
      select: 'Select the row',
      extend: 'Select the rows in between too',
      menu: 'Menu of the row',
    },
    close: 'Close',
  },

  open: {
    title: 'Open this link?',
    text: 'A link from outside of Slipway asks for this. Go on only if you expected it.',
    model: (name: string) => `Show the model ${name}`,
    version: (name: string, version: string) => `Show version ${version} of the model ${name}`,
    add: (uri: string) => `Look at ${uri} and offer to serve the models in it`,
    open: 'Open',
    cancel: 'Cancel',
  },

  welcome: {
    title: 'Serve models from this computer',
    text: 'Slipway watches folders and buckets for ONNX models, loads each new version, and answers over REST and gRPC as TensorFlow Serving does.',
    sample: {
      title: 'Try the sample',
      text: 'A small model is running already. Send it a request and see what comes back.',
      action: 'Open the Playground',
      waiting: 'The sample is loading…',
      missing: 'There is no sample in this installation.',
    },
    add: {
      title: 'Add my models',
      text: 'Point at a folder. You see what would be served before anything happens, and files stay where they are.',
      action: 'Choose a folder',
    },
    s3: {
      title: 'Connect S3',
      text: 'Watch a bucket of AWS, MinIO, R2, Ceph or another store. The connection is tested step by step.',
      action: 'Connect a store',
    },
    skip: 'Go to Models',
    facts: {
      data: 'Settings and logs stay in Slipway’s own folder on this computer',
      account: 'No account',
      telemetry: 'No telemetry',
    },
  },
} as const;

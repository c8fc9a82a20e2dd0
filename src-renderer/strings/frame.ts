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
  loadingScreen: 'Loading the screen',
} as const;

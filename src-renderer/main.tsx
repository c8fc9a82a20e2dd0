import './zod-jitless.ts';
import './theme/theme.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { ErrorBoundary } from './components/error-boundary.tsx';
import { desktopShell } from './shell.ts';
import type { AppMemory } from './stores/app-store.ts';
import { createAppStore } from './stores/app-store.ts';
import { browserStreamPorts } from './stores/browser-stream.ts';
import { createCommands } from './stores/commands.ts';
import { connectEventStream } from './stores/event-stream.ts';
import { createListStore } from './stores/list-store.ts';
import { createPlayStore } from './stores/play-store.ts';
import { createServerStore } from './stores/server-store.ts';
import { createTicker } from './stores/ticker.ts';
import { createToastStore } from './stores/toast-store.ts';
import { browserAppearancePorts, createAppearanceStore } from './theme/appearance.ts';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');

/** Asked for at each use: where storage is blocked, already the question throws. */
const browserMemory = (): AppMemory => ({
  getItem: (key) => localStorage.getItem(key),
  setItem: (key, value) => localStorage.setItem(key, value),
});

const server = createServerStore();
const services = {
  server,
  list: createListStore(),
  play: createPlayStore({
    fetch: (...request) => fetch(...request),
    now: () => Date.now(),
    elapsed: () => performance.now(),
  }),
  toasts: createToastStore(),
  app: createAppStore(browserMemory()),
  appearance: createAppearanceStore(browserAppearancePorts()),
  commands: createCommands(
    (...request) => fetch(...request),
    () => server.getState().connectionChanged({ phase: 'signedOut' }),
  ),
  ticker: createTicker(),
  stream: connectEventStream(server, browserStreamPorts),
  shell: desktopShell(),
};

createRoot(root).render(
  <StrictMode>
    <ErrorBoundary>
      <App services={services} />
    </ErrorBoundary>
  </StrictMode>,
);

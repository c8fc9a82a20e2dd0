import { lazy, Suspense } from 'react';
import { Redirect, Route, Router, Switch } from 'wouter';
import { ConnectionBanner } from './components/connection-banner.tsx';
import { Rail } from './components/rail.tsx';
import { SignedOut } from './components/signed-out.tsx';
import { Skeleton } from './components/skeleton.tsx';
import { StatusBar } from './components/status-bar.tsx';
import { ToastRegion } from './components/toast-region.tsx';
import { ModelsScreen } from './features/models/models-screen.tsx';
import { useHashPath, useHashQuery } from './stores/hash-location.ts';
import type { Services } from './stores/services.tsx';
import { strings } from './strings/index.ts';
import { ServicesProvider, useServer } from './stores/services.tsx';

// What is not on the first screen comes when it is asked for.
const PlaygroundScreen = lazy(async () => {
  const { PlaygroundScreen: screen } = await import('./features/playground/playground-screen.tsx');
  return { default: screen };
});
const ModelScreen = lazy(async () => {
  const { ModelScreen: screen } = await import('./features/model/model-screen.tsx');
  return { default: screen };
});
const TrafficScreen = lazy(async () => {
  const { TrafficScreen: screen } = await import('./features/traffic/traffic-screen.tsx');
  return { default: screen };
});
const SourcesScreen = lazy(async () => {
  const { SourcesScreen: screen } = await import('./features/sources/sources-screen.tsx');
  return { default: screen };
});
const LogsScreen = lazy(async () => {
  const { LogsScreen: screen } = await import('./features/logs/logs-screen.tsx');
  return { default: screen };
});
const SettingsScreen = lazy(async () => {
  const { SettingsScreen: screen } = await import('./features/settings/settings-screen.tsx');
  return { default: screen };
});

const DesignScreen = lazy(async () => {
  const { DesignScreen: screen } = await import('./features/design/design-screen.tsx');
  return { default: screen };
});

/** The whole page: rail, screen and status bar. */
export function App({ services }: { readonly services: Services }) {
  return (
    <ServicesProvider services={services}>
      {/* oxlint-disable-next-line react/hooks -- the router takes its hooks as arguments and calls them as hooks */}
      <Router hook={useHashPath} searchHook={useHashQuery}>
        <Frame />
      </Router>
    </ServicesProvider>
  );
}

function Frame() {
  const signedOut = useServer((state) => state.connection.phase === 'signedOut');
  if (signedOut) return <SignedOut />;
  return (
    <div className="grid h-full grid-cols-[auto_minmax(0,1fr)] grid-rows-[minmax(0,1fr)_auto]">
      <Rail />
      <main className="flex min-h-0 min-w-0 flex-col">
        <ConnectionBanner />
        <div className="min-h-0 flex-1">
          <Suspense fallback={<Waiting />}>
            <Switch>
              <Route path="/models" component={ModelsScreen} />
              <Route path="/models/:name/:version?" component={ModelScreen} />
              <Route path="/play" component={PlaygroundScreen} />
              <Route path="/traffic/:request?" component={TrafficScreen} />
              <Route path="/sources/:part?" component={SourcesScreen} />
              <Route path="/logs" component={LogsScreen} />
              <Route path="/settings/:section?" component={SettingsScreen} />
              {/* For whoever builds screens, and for the tests that photograph it: nothing links to it. */}
              <Route path="/design" component={DesignScreen} />
              <Route>
                <Redirect to="/models" replace />
              </Route>
            </Switch>
          </Suspense>
        </div>
      </main>
      <StatusBar />
      <ToastRegion />
    </div>
  );
}

function Waiting() {
  return (
    <div className="px-5 pt-4">
      <Skeleton rows={5} label={strings.frame.loadingScreen} />
    </div>
  );
}

import { Redirect, Route, Router, Switch } from 'wouter';
import { ConnectionBanner } from './components/connection-banner.tsx';
import { Rail } from './components/rail.tsx';
import { SignedOut } from './components/signed-out.tsx';
import { StatusBar } from './components/status-bar.tsx';
import { ToastRegion } from './components/toast-region.tsx';
import { ModelsScreen } from './features/models/models-screen.tsx';
import { PlaygroundScreen } from './features/playground/playground-screen.tsx';
import { useHashPath, useHashQuery } from './stores/hash-location.ts';
import type { Services } from './stores/services.tsx';
import { ServicesProvider, useServer } from './stores/services.tsx';

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
          <Switch>
            <Route path="/models" component={ModelsScreen} />
            <Route path="/play" component={PlaygroundScreen} />
            <Route>
              <Redirect to="/models" replace />
            </Route>
          </Switch>
        </div>
      </main>
      <StatusBar />
      <ToastRegion />
    </div>
  );
}

import { lazy, Suspense } from 'react';
import { Redirect, Route, Router, Switch } from 'wouter';
import { Skeleton } from './components/skeleton.tsx';
import { Frame } from './features/frame/frame.tsx';
import { SignedOut } from './features/frame/signed-out.tsx';
import { AddLayer } from './features/models/add-layer.tsx';
import { ModelsScreen } from './features/models/models-screen.tsx';
import { useHashPath, useHashQuery } from './stores/hash-location.ts';
import type { Services } from './stores/services.tsx';
import { ServicesProvider, useApp, useServer } from './stores/services.tsx';
import { strings } from './strings/index.ts';

// What is not on the first screen comes when it is asked for.
const WelcomeScreen = lazy(async () => {
  const { WelcomeScreen: screen } = await import('./features/frame/welcome-screen.tsx');
  return { default: screen };
});
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
const StoryPage = lazy(async () => {
  const { StoryPage: screen } = await import('./features/design/stories/story-page.tsx');
  return { default: screen };
});

/** The whole page: the frame, and in it the screen that the address names. */
export function App({ services }: { readonly services: Services }) {
  return (
    <ServicesProvider services={services}>
      {/* oxlint-disable-next-line react/hooks -- the router takes its hooks as arguments and calls them as hooks */}
      <Router hook={useHashPath} searchHook={useHashQuery}>
        <Switch>
          <Route path="/design/states/:screen?/:state?">
            {({ screen, state }) => (
              <Suspense fallback={<Waiting />}>
                <StoryPage screen={screen} state={state} page={<Page />} />
              </Suspense>
            )}
          </Route>
          <Route>
            <Page />
          </Route>
        </Switch>
      </Router>
    </ServicesProvider>
  );
}

function Page() {
  const signedOut = useServer((state) => state.connection.phase === 'signedOut');
  if (signedOut) return <SignedOut />;
  return (
    <Frame>
      <Suspense fallback={<Waiting />}>
        <Switch>
          <Route path="/models" component={ModelsScreen} />
          <Route path="/models/:name/:version?" component={ModelScreen} />
          <Route path="/play" component={PlaygroundScreen} />
          <Route path="/traffic/:request?" component={TrafficScreen} />
          <Route path="/sources/:part?" component={SourcesScreen} />
          <Route path="/logs" component={LogsScreen} />
          <Route path="/settings/:section?" component={SettingsScreen} />
          <Route path="/welcome" component={WelcomeScreen} />
          {/* For whoever builds screens, and for the tests that photograph it: nothing links to it. */}
          <Route path="/design" component={DesignScreen} />
          <Route component={Start} />
        </Switch>
      </Suspense>
      <AddLayer />
    </Frame>
  );
}

/** Without an address: the models, and at the very first start the ways to get some. */
function Start() {
  const isFirstRun = useApp((state) => state.isFirstRun);
  const known = useServer((state) => state.server !== undefined);
  const lost = useServer((state) => state.connection.phase === 'lost');
  const onlySamples = useServer((state) => Object.values(state.models).every(({ origin }) => origin === 'sample'));
  // Whether there is anything of the user's own has to be told first.
  if (isFirstRun && !known && !lost) return <Waiting />;
  return <Redirect to={isFirstRun && known && onlySamples ? '/welcome' : '/models'} replace />;
}

function Waiting() {
  return (
    <div className="px-5 pt-4">
      {/* The screen brings its own; until then the page is not without one. */}
      <h1 className="sr-only">{strings.frame.loadingScreen}</h1>
      <Skeleton rows={5} label={strings.frame.loadingScreen} />
    </div>
  );
}

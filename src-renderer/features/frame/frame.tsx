import type { ReactNode } from 'react';
import { lazy, Suspense, useEffect, useEffectEvent, useState } from 'react';
import { useLocation } from 'wouter';
import type { AppCommandId } from '#contracts/app-commands.ts';
import { useCopy } from '../../components/copy.tsx';
import { ToastRegion } from '../../components/toast-region.tsx';
import { useApp, useServices } from '../../stores/services.tsx';
import { ExposureBanner } from '../serving/exposure-banner.tsx';
import { ServingProblemDialog } from '../serving/serving-problem-dialog.tsx';
import { ConnectionBanner } from './connection-banner.tsx';
import { DrainLayer } from './drain-layer.tsx';
import { keepFocus } from './keep-focus.ts';
import { OpenRequests } from './open-request.tsx';
import { runAppCommand } from './page-actions.ts';
import { Rail } from './rail.tsx';
import { focusNextRegion } from './regions.ts';
import { useScreenAddress } from './screens.ts';
import { createShortcuts } from './shortcuts.ts';
import { StatusBar } from './status-bar.tsx';

const Palette = lazy(async () => {
  const { Palette: palette } = await import('./palette.tsx');
  return { default: palette };
});
const CheatSheet = lazy(async () => {
  const { CheatSheet: sheet } = await import('./cheat-sheet.tsx');
  return { default: sheet };
});

/** What is around every screen: rail, status bar, banners, and what opens over it. Keys and the menu bar lead here. */
export function Frame({ children }: { readonly children: ReactNode }) {
  const services = useServices();
  const [, navigate] = useLocation();
  const addressOf = useScreenAddress();
  const copy = useCopy();
  const layer = useApp((state) => state.layer);
  const run = (id: AppCommandId): void => runAppCommand(id, { services, navigate, addressOf, copy });
  useKeys(run);
  useEffect(keepFocus, []);
  const onCommand = useEffectEvent(run);
  const { shell } = services;
  useEffect(() => shell?.onCommand((id) => onCommand(id)), [shell]);
  return (
    <div className="relative grid h-full grid-cols-[auto_minmax(0,1fr)] grid-rows-[minmax(0,1fr)_auto] overflow-clip">
      <Rail addressOf={addressOf} />
      <main
        tabIndex={-1}
        data-region="main"
        className="relative flex min-h-0 min-w-0 flex-col focus-visible:outline-1 focus-visible:-outline-offset-1 focus-visible:outline-line-strong"
      >
        <ConnectionBanner />
        <ExposureBanner />
        <div className="min-h-0 flex-1">{children}</div>
      </main>
      <StatusBar />
      <ToastRegion />
      <Suspense>
        {layer === 'palette' && (
          <Palette onChoose={(target) => (target.kind === 'command' ? run(target.id) : navigate(target.to))} />
        )}
        {layer === 'cheatSheet' && <CheatSheet />}
      </Suspense>
      <OpenRequests />
      <ServingProblemDialog />
      <DrainLayer />
    </div>
  );
}

/** The keys of the whole window. */
function useKeys(run: (id: AppCommandId) => void): void {
  const { app } = useServices();
  const [lastIn] = useState(() => new WeakMap<Element, HTMLElement>());
  const onRun = useEffectEvent(run);
  useEffect(() => {
    const shortcuts = createShortcuts((id) => onRun(id));
    const onKey = (event: KeyboardEvent): void => {
      shortcuts(event);
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === 'F6') {
        event.preventDefault();
        focusNextRegion(event.shiftKey, lastIn);
      } else if (event.key === 'Escape' && app.getState().filter?.clear()) event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [app, lastIn]);
}

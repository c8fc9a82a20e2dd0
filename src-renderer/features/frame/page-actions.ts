import type { AppCommandId } from '#contracts/app-commands.ts';
import { APP_COMMANDS } from '#contracts/app-commands.ts';
import type { ServingState } from '#contracts/ui-serving.ts';
import { errorText } from '../../stores/commands.ts';
import type { Services } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { isDark } from '../../theme/appearance.ts';
import { startServing, stopServing } from '../serving/use-serving.ts';

export interface PageActionsDeps {
  readonly services: Pick<Services, 'server' | 'app' | 'appearance' | 'toasts' | 'commands' | 'shell'>;
  readonly navigate: (to: string) => void;
  /** Address of a screen as it was left. */
  readonly addressOf: (path: string) => string;
  readonly copy: (text: string, what: string) => Promise<boolean>;
}

/** Whether a command can be run here: in a browser tab what belongs to the desktop shell cannot. */
export const isOffered = (id: AppCommandId, shell: Services['shell']): boolean =>
  shell !== undefined || APP_COMMANDS[id].runsIn === 'page';

/** Whether a command would do something now; the menu bar has all of them all the time. */
export function fitsNow(id: AppCommandId, serving: ServingState | undefined): boolean {
  if (id === 'startServing') return serving === 'stopped' || serving === 'failed';
  return id !== 'stopServing' || serving === 'running';
}

/** The one place where the id of a command becomes what it does, whoever asks: a key, the palette, or the menu bar. */
export function runAppCommand(id: AppCommandId, deps: PageActionsDeps): void {
  const { services, navigate, addressOf, copy } = deps;
  const { app, appearance, server, toasts, shell } = services;
  switch (id) {
    case 'addModel':
      navigate('/models?add=');
      return;
    case 'copyRestUrl': {
      const url = server.getState().server?.restUrl;
      if (url === undefined) return;
      void copy(url, strings.frame.restUrlName).then((copied) => {
        if (copied) toasts.getState().show({ tone: 'neutral', message: strings.frame.copiedRestUrl(url) });
      });
      return;
    }
    case 'startServing':
    case 'stopServing': {
      const state = server.getState().server?.serving.state;
      const { already, states } = strings.serving;
      if (fitsNow(id, state)) (id === 'startServing' ? startServing : stopServing)(services);
      else if (state !== undefined)
        toasts.getState().show({
          tone: 'neutral',
          message: state === 'running' || state === 'stopped' ? already[state] : `${states[state]}…`,
        });
      return;
    }
    case 'about':
      navigate('/settings/about');
      return;
    case 'goModels':
      navigate(addressOf('/models'));
      return;
    case 'goPlayground':
      navigate(addressOf('/play'));
      return;
    case 'goTraffic':
      navigate(addressOf('/traffic'));
      return;
    case 'goSources':
      navigate(addressOf('/sources'));
      return;
    case 'goLogs':
      navigate(addressOf('/logs'));
      return;
    case 'goSettings':
    case 'settings':
      navigate(addressOf('/settings'));
      return;
    case 'palette':
    case 'cheatSheet':
      app.getState().show(app.getState().layer === id ? undefined : id);
      return;
    case 'focusFilter':
      app.getState().filter?.focus();
      return;
    case 'toggleTheme':
      appearance.getState().choose({ theme: isDark(appearance.getState().theme) ? 'light' : 'dark' });
      return;
    case 'toggleDensity': {
      const { density, choose } = appearance.getState();
      choose({ density: density === 'compact' ? 'comfortable' : 'compact' });
      return;
    }
    case 'zoomIn':
    case 'zoomOut':
    case 'zoomReset':
    case 'quit':
      shell?.runCommand(id).catch((error: unknown) => {
        toasts.getState().show({ tone: 'bad', message: errorText(error) });
      });
      return;
    default:
      id satisfies never;
  }
}

import { MODEL, MODELS, PLAYGROUND } from './model-stories.ts';
import { SERVING } from './serving-stories.ts';
import { SETTINGS, SOURCES } from './source-stories.ts';
import type { Screen, State, Story } from './story.ts';
import { LOGS, TRAFFIC } from './traffic-stories.ts';

/**
 * The matrix: every screen in every state that it has. Settings has everything at once, so that there is nothing which it
 * lacks or waits for; to leave out a state of another screen does not compile.
 */
const STORIES: Readonly<
  Record<Exclude<Screen, 'settings'>, Readonly<Record<State, Story>>> & {
    readonly settings: Readonly<Record<Exclude<State, 'empty' | 'loading'>, Story>>;
  }
> = {
  models: MODELS,
  model: MODEL,
  playground: PLAYGROUND,
  traffic: TRAFFIC,
  sources: SOURCES,
  logs: LOGS,
  settings: SETTINGS,
};

/** A state of a screen, or of the switch of the server (`serving`); undefined for one that there is not. */
export function storyOf(screen: string, state: string): Story | undefined {
  const ofScreen: Readonly<Record<string, Partial<Readonly<Record<string, Story>>>>> = { ...STORIES, serving: SERVING };
  return ofScreen[screen]?.[state];
}

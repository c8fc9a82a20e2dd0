import { MODEL, MODELS, PLAYGROUND } from './model-stories.ts';
import { SETTINGS, SOURCES } from './source-stories.ts';
import type { Screen, State, Story } from './story.ts';
import { LOGS, TRAFFIC } from './traffic-stories.ts';

/** Every screen in every state that it has. */
export const STORIES: Readonly<Record<Screen, Partial<Readonly<Record<State, Story>>>>> = {
  models: MODELS,
  model: MODEL,
  playground: PLAYGROUND,
  traffic: TRAFFIC,
  sources: SOURCES,
  logs: LOGS,
  settings: SETTINGS,
};

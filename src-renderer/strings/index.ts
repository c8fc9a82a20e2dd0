/**
 * All words of the user interface, one file for each feature. A text with parts is a function of them; numbers and times
 * come in formatted (format/). Components take their words from here, so that another language is another catalogue.
 */
import { components } from './components.ts';
import { frame } from './frame.ts';
import { graph } from './graph.ts';
import { logs } from './logs.ts';
import { model } from './model.ts';
import { models } from './models.ts';
import { playground } from './playground.ts';
import { servingSettings } from './serving-settings.ts';
import { serving } from './serving.ts';
import { settings } from './settings.ts';
import { sources } from './sources.ts';
import { stores } from './stores.ts';
import { tensors } from './tensors.ts';
import { traffic } from './traffic.ts';

export const strings = {
  components,
  frame,
  serving,
  servingSettings,
  settings,
  sources,
  logs,
  model,
  models,
  traffic,
  playground,
  graph,
  tensors,
  stores,
} as const;

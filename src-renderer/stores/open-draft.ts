import { strings } from '../strings/index.ts';
import type { Services } from './services.tsx';

const words = strings.playground.draft;
const UNDO_MS = 10_000;

/**
 * Opens a request in the Playground as the draft of its model, wherever it comes from: a preset, the history, Traffic. What
 * was there can be had back for a while.
 * @param text undefined for the example that a model without a draft begins with.
 */
export function openDraft(
  { play, toasts }: Pick<Services, 'play' | 'toasts'>,
  model: string,
  text: string | undefined,
): void {
  const undo = play.getState().replaceDraft(model, text);
  if (!undo) return;
  toasts.getState().show({
    tone: 'neutral',
    message: words.replaced(model),
    durationMs: UNDO_MS,
    action: { label: words.undo, run: undo },
  });
}

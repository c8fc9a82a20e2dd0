/** What the keys of the playground do. */
export interface KeyActions {
  readonly send: () => void;
  readonly sendMany: () => void;
  readonly savePreset: () => void;
  readonly form: () => void;
  readonly json: () => void;
  readonly older: () => void;
  readonly newer: () => void;
}

/** What a key asks for; undefined for one that is not the playground's. */
export function keyAction(
  event: Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>,
  actions: KeyActions,
): (() => void) | undefined {
  const control = event.ctrlKey || event.metaKey;
  if (control && event.altKey) return undefined;
  if (control && event.key === 'Enter') return event.shiftKey ? actions.sendMany : actions.send;
  if (control && !event.shiftKey && event.key.toLowerCase() === 's') return actions.savePreset;
  if (!event.altKey || event.shiftKey) return undefined;
  switch (event.code) {
    case 'Digit1':
      return actions.form;
    case 'Digit2':
      return actions.json;
    case 'ArrowLeft':
      return actions.older;
    case 'ArrowRight':
      return actions.newer;
    default:
      return undefined;
  }
}

import type { VersionView } from '../../contracts/ui.ts';
import type { VersionState } from '../../core/version-state.ts';

/** The error of a state, where it has one, as the user interface has it. */
export function errorView(state: VersionState): Pick<VersionView, 'error'> {
  if (!('error' in state) || state.error === undefined) return {};
  const { code, message } = state.error;
  return { error: { code, message } };
}

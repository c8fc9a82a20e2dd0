import { useEffect, useEffectEvent } from 'react';
import { useSearchParams } from 'wouter';
import type { VersionPolicy } from '#contracts/model-config.ts';
import type { ModelView } from '#contracts/ui.ts';
import type { VersionActions } from '../models/use-version-actions.tsx';
import { canDo } from '../models/version-action.ts';
import { choicesFor } from '../models/version-choice.ts';

const BY_HAND = ['unload', 'load', 'reload'] as const;

/**
 * Selects the version of the address, and begins what the address asks for, as the palette's do (see `actionHref`): once,
 * and no further than to the preview, since anybody can make an address.
 */
export function useAskedAction(
  model: ModelView,
  version: string | undefined,
  {
    select,
    edit,
    start,
  }: {
    readonly select: (version: string | undefined) => void;
    /** Proposes another policy. */
    readonly edit: (policy: VersionPolicy) => void;
    readonly start: VersionActions['start'];
  },
): void {
  const [params, setParams] = useSearchParams();
  const begin = (asked: string, of: string): void => {
    const choice = choicesFor(model, of).find(({ kind }) => kind === asked || (asked === 'pin' && kind !== 'add'));
    const view = model.versions.find((each) => each.version === of);
    const action = BY_HAND.find((each) => each === asked);
    if (choice) edit(choice.policy);
    else if (view && action && canDo(action, view))
      start(action, [{ model, versions: [view.version] }], { asks: true });
  };
  const onAddress = useEffectEvent((of: string | undefined, asked: string | null): void => {
    select(of);
    if (asked === null) return;
    setParams(
      (before) => {
        before.delete('do');
        return before;
      },
      { replace: true },
    );
    if (of !== undefined) begin(asked, of);
  });
  const wanted = params.get('do');
  useEffect(() => onAddress(version, wanted), [version, wanted]);
}

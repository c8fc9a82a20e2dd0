import { CircleAlert, X } from 'lucide-react';
import type { FocusEvent } from 'react';
import { useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import { useServices } from '../stores/services.tsx';
import { strings } from '../strings/index.ts';
import { Button, IconButton } from './button.tsx';

/** Shows the toasts and reads them out. Their clocks stop under the pointer and while one has the focus. */
export function ToastRegion() {
  const { toasts: store } = useServices();
  const toasts = useStore(store, (state) => state.toasts);
  useEffect(() => {
    // What waits for its undo time is done when the page goes: the user asked for it.
    const finish = (): void => store.getState().finishAll();
    window.addEventListener('pagehide', finish);
    return () => window.removeEventListener('pagehide', finish);
  }, [store]);
  const pause = (paused: boolean) => () => store.getState().setPaused(paused);
  const cameFrom = useRef<HTMLElement>(undefined);
  const onFocus = ({ relatedTarget, currentTarget }: FocusEvent): void => {
    if (relatedTarget instanceof HTMLElement && !currentTarget.contains(relatedTarget))
      cameFrom.current = relatedTarget;
  };
  /** The button that was pressed goes with its toast: whoever came to it by keyboard goes back. */
  const finish = (id: number, how: 'act' | 'expire') => () => {
    store.getState().finish(id, how);
    requestAnimationFrame(() => {
      if (document.activeElement === document.body && cameFrom.current?.isConnected) cameFrom.current.focus();
    });
  };
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- it only watches where the focus comes from
    <section
      aria-label={strings.components.notifications}
      data-region="notifications"
      onFocus={onFocus}
      className="pointer-events-none fixed end-4 bottom-11 z-50 flex w-[min(26rem,calc(100vw-2rem))] flex-col gap-2"
    >
      <ol aria-live="polite" className="flex flex-col gap-2">
        {toasts.map((toast) => (
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- it only watches; the buttons act
          <li
            key={toast.id}
            onPointerEnter={pause(true)}
            onPointerLeave={pause(false)}
            onFocus={pause(true)}
            onBlur={pause(false)}
            className="pointer-events-auto flex animate-enter items-center gap-2 rounded-lg border border-line bg-raised py-2 ps-3 pe-2 shadow-overlay"
          >
            {toast.tone === 'bad' && <CircleAlert aria-hidden size={16} className="shrink-0 text-bad" />}
            <span className="min-w-0 flex-1 text-sm break-words">{toast.message}</span>
            {toast.action && (
              <Button size="sm" onClick={finish(toast.id, 'act')}>
                {toast.action.label}
              </Button>
            )}
            <IconButton icon={X} label={strings.components.dismiss} onClick={finish(toast.id, 'expire')} />
          </li>
        ))}
      </ol>
    </section>
  );
}

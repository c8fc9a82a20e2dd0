import type { ReactNode } from 'react';
import { useEffect, useRef, useState } from 'react';
import type { ServableVersion } from '#contracts/ids.ts';
import type { ModelView } from '#contracts/ui.ts';
import type { VersionAction } from '#contracts/ui-versions.ts';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { plural } from '../../format/quantity.ts';
import { errorText } from '../../stores/commands.ts';
import { useConnected, useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { ChangePreviewView, useChangePreview } from './change-preview.tsx';
import { versionsFor } from './version-action.ts';

const words = strings.models.byHand;

/** Versions of one model. */
export interface Target {
  readonly model: ModelView;
  readonly versions: readonly ServableVersion[];
}

export interface VersionActions {
  /**
   * Does it to these versions, or to all of these models that it can be done to; asks first, with a preview, where versions
   * that serve are taken out of service. Says in a toast what came of it.
   */
  readonly start: (
    action: VersionAction,
    targets: readonly (Target | ModelView)[],
    /** Asks in any case: for what was not pressed here, but is told by an address. */
    options?: { readonly asks: boolean },
  ) => void;
  /** The question, while it is open. */
  readonly dialog: ReactNode;
}

/** Unloads, loads and reloads versions by hand. */
export function useVersionActions(): VersionActions {
  const { commands, toasts } = useServices();
  const [asked, setAsked] = useState<{ readonly action: VersionAction; readonly targets: readonly Target[] }>();

  const run = async (action: VersionAction, targets: readonly Target[]): Promise<void> => {
    const each = targets.flatMap(({ model, versions }) => versions.map((version) => ({ name: model.name, version })));
    const results = await Promise.allSettled(each.map((one) => commands.run(`${action}Version`, one)));
    const failures = results.flatMap((result, index) =>
      result.status === 'rejected' ? [strings.models.failed(each[index]?.name ?? '', errorText(result.reason))] : [],
    );
    const [first] = failures;
    if (first !== undefined) {
      const message =
        failures.length === 1 ? first : strings.models.bulk.failed(words.does[action], String(failures.length), first);
      toasts.getState().show({ tone: 'bad', message });
      return;
    }
    toasts.getState().show({
      tone: 'neutral',
      message: words.done[action](targetText(targets)),
      ...(action === 'unload' && { action: { label: words.again, run: () => void run('load', targets) } }),
    });
  };

  return {
    start(action, chosen, { asks = false } = { asks: false }) {
      const targets = chosen
        .map((each): Target => ('model' in each ? each : { model: each, versions: versionsFor(action, each) }))
        .filter(({ versions }) => versions.length > 0);
      if (targets.length === 0) {
        const message = words.nothing[action](
          targetText(chosen.map((each) => ('model' in each ? each : { model: each, versions: [] }))),
        );
        toasts.getState().show({ tone: 'neutral', message, durationMs: 4000 });
      } else if (asks || (action !== 'load' && targets.some(serves))) {
        setAsked({ action, targets });
      } else {
        void run(action, targets);
      }
    },
    dialog: asked && (
      <VersionActionDialog
        {...asked}
        onClose={() => setAsked(undefined)}
        onConfirm={() => {
          setAsked(undefined);
          void run(asked.action, asked.targets);
        }}
      />
    ),
  };
}

const serves = ({ model, versions }: Target): boolean =>
  model.versions.some(({ version, phase }) => phase === 'available' && versions.includes(version));

/** `resnet v8, v7`, or `5 versions of 3 models`. */
function targetText(targets: readonly Target[]): string {
  const [first] = targets;
  if (targets.length === 1 && first) return words.one(first.model.name, versionList(first.versions)).trim();
  const versions = targets.reduce((sum, each) => sum + each.versions.length, 0);
  const models = plural(targets.length, 'model');
  return versions === 0 ? models : words.many(plural(versions, 'version'), models);
}

const versionList = (versions: readonly ServableVersion[]): string =>
  versions.map((version) => `v${version}`).join(', ');

function VersionActionDialog({
  action,
  targets,
  onClose,
  onConfirm,
}: {
  readonly action: VersionAction;
  readonly targets: readonly Target[];
  readonly onClose: () => void;
  readonly onConfirm: () => void;
}) {
  const connected = useConnected();
  const confirm = useRef<HTMLButtonElement>(null);
  // After the dialog has taken the focus for itself: Enter answers it.
  useEffect(() => confirm.current?.focus(), []);
  const [only, ...others] = targets;
  return (
    <Dialog
      title={words.asks[action](targetText(targets))}
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{strings.components.cancel}</Button>
          <Button
            variant={action === 'unload' ? 'danger' : 'primary'}
            ref={confirm}
            disabled={!connected}
            onClick={onConfirm}
          >
            {words.does[action]}
          </Button>
        </>
      }
    >
      <div className="min-h-0 overflow-y-auto px-4 py-3 text-sm">
        {only && others.length === 0 ? (
          <OnePreview action={action} target={only} />
        ) : (
          <>
            <p className="mb-2">{words.manyText[action]}</p>
            <ul className="flex flex-col gap-0.5">
              {targets.map(({ model, versions }) => (
                <li key={model.name}>
                  {model.name} <span className="font-mono text-xs text-muted">{versionList(versions)}</span>
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </Dialog>
  );
}

function OnePreview({ action, target }: { readonly action: VersionAction; readonly target: Target }) {
  const model = useServer((state) => state.models[target.model.name]) ?? target.model;
  const answer = useChangePreview(model, { action, versions: target.versions });
  return <ChangePreviewView answer={answer} model={model} />;
}

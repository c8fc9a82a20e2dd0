import { RefreshCw, ShieldAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { Exposure } from '#contracts/ui-serving.ts';
import { Chip } from '../../components/badge.tsx';
import { Button, IconButton } from '../../components/button.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { Notice } from '../../components/notice.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { Checkbox } from '../../components/switch.tsx';
import { errorText } from '../../stores/commands.ts';
import { useConnected, useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import type { ExposureDraft, InterfaceChoice } from './exposure-draft.ts';
import { draftOf, interfaceChoices, interfaceKey, isSameDraft } from './exposure-draft.ts';
import { RetryNotice } from './retry-notice.tsx';
import { useAnswer } from './use-answer.ts';

const words = strings.servingSettings.exposure;

/** Chooses the networks by which others can call; nothing is opened before the button at its end. */
export function ExposureEditor({
  exposure,
  hasTokens,
  isEncrypted,
}: {
  readonly exposure: Exposure | undefined;
  readonly hasTokens: boolean;
  readonly isEncrypted: boolean;
}) {
  const { commands, toasts } = useServices();
  const connected = useConnected();
  const [changed, setChanged] = useState<ExposureDraft>();
  const [isAsking, setAsking] = useState(false);
  const [isApplying, setApplying] = useState(false);
  const [refused, setRefused] = useState<string>();
  const saved = draftOf(exposure);
  const draft = changed ?? saved;
  const { reach, chosen, tokenRequired } = draft;
  const isDirty = !isSameDraft(draft, saved);
  const opensFreely = reach === 'network' && !tokenRequired;

  const change = (part: Partial<ExposureDraft>): void => {
    setRefused(undefined);
    setChanged({ ...draft, ...part });
  };
  const apply = async (choices: readonly InterfaceChoice[]): Promise<void> => {
    setApplying(true);
    setRefused(undefined);
    try {
      const interfaces = reach === 'local' ? [] : choices.filter(({ key }) => chosen.has(key));
      await commands.run('setExposure', {
        interfaces: interfaces.map(({ interface: name, family }) => ({ interface: name, family })),
        tokenRequired,
      });
      setChanged(undefined);
      toasts.getState().show({ tone: 'neutral', message: interfaces.length === 0 ? words.stopped : words.changed });
    } catch (error) {
      setRefused(errorText(error));
    } finally {
      setApplying(false);
    }
  };

  return (
    <div className="flex flex-col gap-3">
      <Segmented
        label={words.name}
        selected={reach}
        onSelect={(next) => change({ reach: next })}
        segments={[
          { key: 'local', label: words.local },
          { key: 'network', label: words.network },
        ]}
      />
      <Networks
        isShown={reach === 'network'}
        exposure={exposure}
        chosen={chosen}
        disabled={!connected || isApplying}
        onChoose={(key, isOn) => {
          const next = new Set(chosen);
          if (isOn) next.add(key);
          else next.delete(key);
          change({ chosen: next });
        }}
      >
        {(choices) => (
          <>
            {reach === 'network' && (
              <>
                <Checkbox
                  label={words.tokenRequired}
                  hint={words.tokenHint}
                  isOn={tokenRequired}
                  disabled={!connected || isApplying}
                  onChange={(isOn) => change({ tokenRequired: isOn })}
                />
                {opensFreely && (
                  <Notice tone="bad" icon={ShieldAlert} title={words.noTokenTitle}>
                    <p className="text-xs">{words.noToken}</p>
                  </Notice>
                )}
                {tokenRequired && !hasTokens && <p className="text-xs text-warn">{words.noTokens}</p>}
                {!isEncrypted && (
                  <p className="text-xs text-muted">
                    {words.plain} <code className="font-mono">--ssl_config_file</code>.
                  </p>
                )}
              </>
            )}
            {refused !== undefined && (
              <p role="alert" className="text-xs text-bad">
                {refused}
              </p>
            )}
            {isDirty && (
              <div className="flex gap-2">
                <Button
                  variant={opensFreely ? 'danger' : 'primary'}
                  disabled={!connected || isApplying || (reach === 'network' && chosen.size === 0)}
                  onClick={() => (opensFreely ? setAsking(true) : void apply(choices))}
                >
                  {reach === 'local' ? words.stop : exposure ? words.apply : words.expose}
                </Button>
                <Button disabled={isApplying} onClick={() => setChanged(undefined)}>
                  {words.discard}
                </Button>
              </div>
            )}
            {isAsking && (
              <ConfirmDialog
                title={words.confirmTitle}
                action={words.confirm}
                onClose={() => setAsking(false)}
                onConfirm={() => void apply(choices)}
              >
                <p>{words.noToken}</p>
                <ul className="flex flex-col gap-1 font-mono text-xs">
                  {choices
                    .filter(({ key }) => chosen.has(key))
                    .map(({ key, interface: name, addresses }) => (
                      <li key={key}>
                        {name} {addresses.join(', ')}
                      </li>
                    ))}
                </ul>
              </ConfirmDialog>
            )}
          </>
        )}
      </Networks>
    </div>
  );
}

/** The networks to choose from, asked for anew whenever the editor opens. */
function Networks({
  isShown,
  exposure,
  chosen,
  disabled,
  onChoose,
  children,
}: {
  readonly isShown: boolean;
  readonly exposure: Exposure | undefined;
  readonly chosen: ReadonlySet<string>;
  readonly disabled: boolean;
  readonly onChoose: (key: string, isOn: boolean) => void;
  /** Gets the choices: none of them while they are not known. */
  readonly children: (choices: readonly InterfaceChoice[]) => ReactNode;
}) {
  const { commands } = useServices();
  const isLive = useServer((state) => state.connection.phase === 'live');
  const { value, problem, ask } = useAnswer(
    (signal) => commands.run('networkAddresses', {}, signal),
    isShown && isLive ? 'networks' : undefined,
  );
  const choices = interfaceChoices(value?.addresses ?? [], exposure);
  return (
    <>
      {isShown && (
        <div className="flex flex-col gap-1.5">
          <div className="flex items-center justify-between">
            <h4 className="text-xs font-medium text-muted">{words.interfaces}</h4>
            <IconButton icon={RefreshCw} label={words.refresh} disabled={disabled} onClick={ask} />
          </div>
          {problem !== undefined && <RetryNotice title={words.failed} message={problem} onRetry={ask} />}
          {value === undefined && problem === undefined ? (
            <Skeleton rows={2} label={words.loading} />
          ) : choices.length === 0 ? (
            <p className="text-sm text-muted">{words.none}</p>
          ) : (
            <ul
              aria-label={words.interfaces}
              className="flex flex-col divide-y divide-line rounded-md border border-line"
            >
              {choices.map((choice) => (
                <Network
                  key={choice.key}
                  choice={choice}
                  isOn={chosen.has(choice.key)}
                  problem={exposure?.addresses.find((each) => interfaceKey(each) === choice.key)?.problem}
                  disabled={disabled}
                  onChange={(isOn) => onChoose(choice.key, isOn)}
                />
              ))}
            </ul>
          )}
        </div>
      )}
      {children(choices)}
    </>
  );
}

function Network({
  choice: { interface: name, family, addresses, isVirtual },
  isOn,
  problem,
  disabled,
  onChange,
}: {
  readonly choice: InterfaceChoice;
  readonly isOn: boolean;
  readonly problem: string | undefined;
  readonly disabled: boolean;
  readonly onChange: (isOn: boolean) => void;
}) {
  const shown = addresses.length === 0 ? words.gone : addresses.join(', ');
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
      <div className="min-w-40 flex-1">
        <Checkbox
          label={`${name}, ${words.families[family]}`}
          hint={<span className="font-mono wrap-anywhere">{shown}</span>}
          isOn={isOn}
          disabled={disabled}
          onChange={onChange}
        />
        {problem !== undefined && <p className="ps-6.5 text-xs text-bad">{problem}</p>}
      </div>
      {isVirtual && (
        <span title={words.virtualTitle}>
          <Chip>{words.virtual}</Chip>
        </span>
      )}
    </li>
  );
}

import { ArrowDownToLine, Ban, CircleCheck, FileWarning, LoaderCircle, Plus, TriangleAlert, X } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import type { ServableVersion } from '#contracts/ids.ts';
import type { VersionPolicy } from '#contracts/model-config.ts';
import type { ModelView } from '#contracts/ui.ts';
import type { ChangePreview, ChangeStep, ModelChange } from '#contracts/ui-versions.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { useCopy } from '../../components/copy.tsx';
import { Field } from '../../components/field.tsx';
import type { Tone } from '../../components/notice.tsx';
import { Notice, TONE_TEXT } from '../../components/notice.tsx';
import { NumberField } from '../../components/number-field.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Select } from '../../components/select.tsx';
import { Sheet } from '../../components/sheet.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { Checkbox } from '../../components/switch.tsx';
import { formatBytes } from '../../format/quantity.ts';
import { sentence } from '../../format/sentence.ts';
import { errorText } from '../../stores/commands.ts';
import { useConnected, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import type { LabelField, PolicyForm } from './policy-form.ts';
import { changeOf, choosableVersions, labelProblem, policyFormOf } from './policy-form.ts';

const text = strings.model;
const KINDS = ['latest', 'all', 'specific'] as const;
const TRANSITIONS = ['availability_preserving', 'resource_preserving'] as const;

/** Chooses which versions are served, and shows what that does before it is done. */
export function PolicySheet({
  model,
  initialPolicy,
  onClose,
}: {
  readonly model: ModelView;
  /** Proposed instead of the one that the model has. */
  readonly initialPolicy: VersionPolicy | undefined;
  readonly onClose: () => void;
}) {
  const { commands, toasts } = useServices();
  const connected = useConnected();
  const [form, setForm] = useState(() => policyFormOf(model, initialPolicy));
  const [busy, setBusy] = useState(false);
  const change = useMemo(() => changeOf(model, form), [model, form]);
  const { preview, problem } = usePreview(model, change);
  const isElsewhere = model.origin === 'flags' || model.origin === 'config';
  const canApply =
    connected &&
    !busy &&
    change !== undefined &&
    Object.keys(change).length > 0 &&
    preview !== undefined &&
    preview.refusal === undefined;

  const apply = async (): Promise<void> => {
    if (!change) return;
    setBusy(true);
    try {
      await commands.run('applyChange', { name: model.name, change });
      toasts.getState().show({ tone: 'neutral', message: text.applied(model.name), durationMs: 4000 });
      onClose();
    } catch (error) {
      setBusy(false);
      toasts.getState().show({ tone: 'bad', message: errorText(error) });
    }
  };

  return (
    <Sheet
      title={text.changeTitle(model.name)}
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{text.cancel}</Button>
          {isElsewhere ? (
            <CopyConfig />
          ) : (
            <Button variant="primary" disabled={!canApply} onClick={() => void apply()}>
              {text.apply}
            </Button>
          )}
        </>
      }
    >
      <div className="flex flex-col gap-5">
        <Fields model={model} form={form} onChange={(over) => setForm({ ...form, ...over })} />
        <section aria-label={text.preview} aria-live="polite">
          <h3 className="mb-1.5 text-xs font-semibold">{text.preview}</h3>
          {problem !== undefined && (
            <Notice tone="bad" icon={TriangleAlert} title={text.previewFailed}>
              <p className="text-xs text-muted">{problem}</p>
            </Notice>
          )}
          {preview ? (
            <Preview preview={preview} model={model} />
          ) : (
            problem === undefined && <Skeleton rows={2} label={text.previewLoading} />
          )}
        </section>
      </div>
    </Sheet>
  );
}

/** What a change would do, asked for again when it is another one, or when the versions have moved. */
function usePreview(
  model: ModelView,
  change: ModelChange | undefined,
): { readonly preview: ChangePreview | undefined; readonly problem: string | undefined } {
  const { commands } = useServices();
  const [answer, setAnswer] = useState<{ readonly preview?: ChangePreview; readonly problem?: string }>({});
  const wanted = JSON.stringify(change);
  const phases = model.versions.map(({ version, phase }) => `${version} ${phase}`).join();
  useEffect(() => {
    if (change === undefined) return undefined;
    const abort = new AbortController();
    commands.run('previewChange', { name: model.name, change }, abort.signal).then(
      (preview) => setAnswer({ preview }),
      (error: unknown) => {
        if (!abort.signal.aborted) setAnswer({ problem: errorText(error) });
      },
    );
    return () => abort.abort();
    // By their content: each message of the server makes new objects.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [commands, model.name, wanted, phases]);
  return { preview: answer.preview, problem: answer.problem };
}

function Fields({
  model,
  form,
  onChange,
}: {
  readonly model: ModelView;
  readonly form: PolicyForm;
  readonly onChange: (over: Partial<PolicyForm>) => void;
}) {
  const choosable = choosableVersions(model, form);
  const choose = (version: ServableVersion, isOn: boolean): void => {
    const versions = new Set(form.versions);
    if (isOn) versions.add(version);
    else versions.delete(version);
    onChange({ versions });
  };
  const setLabel = (key: number, over: Partial<LabelField>): void =>
    onChange({ labels: form.labels.map((field) => (field.key === key ? { ...field, ...over } : field)) });
  return (
    <>
      <section>
        <h3 className="mb-1.5 text-xs font-semibold">{text.policy}</h3>
        <Segmented
          label={text.policy}
          selected={form.kind}
          onSelect={(kind) => onChange({ kind })}
          segments={KINDS.map((key) => ({ key, label: text.policies[key] }))}
        />
        <p className="mt-1.5 text-xs text-muted">{text.policyHint[form.kind]}</p>
        {form.kind === 'latest' && (
          <div className="mt-2 max-w-32">
            <NumberField
              label={text.count}
              min={1}
              max={1000}
              value={form.count}
              onChange={(count = 1) => onChange({ count })}
            />
          </div>
        )}
        {form.kind === 'specific' && (
          <fieldset className="mt-2 flex max-h-48 flex-col gap-1.5 overflow-y-auto">
            <legend className="mb-1 text-xs font-medium text-muted">{text.chosen}</legend>
            {choosable.map(({ version, isThere }) => (
              <Checkbox
                key={version}
                label={isThere ? `v${version}` : `v${version}, ${text.notThere}`}
                isOn={form.versions.has(version)}
                onChange={(isOn) => choose(version, isOn)}
              />
            ))}
          </fieldset>
        )}
      </section>
      <section>
        <h3 className="mb-1.5 text-xs font-semibold">{text.transition}</h3>
        <Segmented
          label={text.transition}
          selected={form.transition}
          onSelect={(transition) => onChange({ transition })}
          segments={TRANSITIONS.map((key) => ({ key, label: text.transitions[key] }))}
        />
        <p className="mt-1.5 text-xs text-muted">{text.transitionHint[form.transition]}</p>
      </section>
      <section>
        <h3 className="mb-1 text-xs font-semibold">{text.labels}</h3>
        <p className="mb-2 text-xs text-muted">{text.labelsHint}</p>
        <ul className="flex flex-col gap-2">
          {form.labels.map((field) => (
            <li key={field.key} className="grid grid-cols-[minmax(0,1fr)_8rem_auto] items-start gap-2">
              <Field
                label={text.label}
                labelHidden
                mono
                value={field.label}
                error={labelProblem(field)}
                onChange={(event) => setLabel(field.key, { label: event.target.value })}
              />
              <Select
                label={text.labelVersion}
                labelHidden
                selected={field.version}
                onSelect={(version) => setLabel(field.key, { version })}
                options={choosable.map(({ version }) => ({ key: version, label: `v${version}` }))}
                placeholder={text.labelVersion}
              />
              <IconButton
                icon={X}
                label={text.removeLabel(field.label)}
                onClick={() => onChange({ labels: form.labels.filter(({ key }) => key !== field.key) })}
              />
            </li>
          ))}
        </ul>
        <div className="mt-2">
          <Button
            size="sm"
            icon={Plus}
            onClick={() => {
              const key = Math.max(-1, ...form.labels.map((field) => field.key)) + 1;
              onChange({ labels: [...form.labels, { key, label: '', version: choosable[0]?.version }] });
            }}
          >
            {text.addLabel}
          </Button>
        </div>
      </section>
    </>
  );
}

const STEP_LOOK: Readonly<Record<ChangeStep['kind'], { readonly icon: LucideIcon; readonly tone: Tone }>> = {
  load: { icon: LoaderCircle, tone: 'busy' },
  available: { icon: CircleCheck, tone: 'ok' },
  unload: { icon: ArrowDownToLine, tone: 'idle' },
  refused: { icon: Ban, tone: 'bad' },
};

function Preview({ preview, model }: { readonly preview: ChangePreview; readonly model: ModelView }) {
  const { refusal, steps, notes, memory } = preview;
  const servesNow = model.versions.some(({ phase }) => phase === 'available');
  const hasOutage = servesNow && steps.some(({ serving }) => serving.length === 0);
  return (
    <div className="flex flex-col gap-2">
      {refusal !== undefined && (
        <Notice tone="warn" icon={FileWarning} title={text.elsewhere}>
          <p className="text-xs text-muted">{sentence(refusal)}.</p>
        </Notice>
      )}
      {hasOutage && (
        <p className="flex items-baseline gap-1.5 text-xs font-medium text-warn">
          <TriangleAlert aria-hidden size={13} className="shrink-0 translate-y-0.5" />
          {text.outage}
        </p>
      )}
      {steps.length === 0 ? (
        <p className="text-sm text-muted">{text.previewNothing}</p>
      ) : (
        <ol className="flex flex-col">
          {steps.map((step) => {
            const { icon: Icon, tone } = STEP_LOOK[step.kind];
            return (
              <li
                key={`${step.kind} ${step.version}`}
                className="grid grid-cols-[1.25rem_minmax(0,1fr)] gap-x-2 border-s-2 border-line py-1 ps-3"
              >
                <Icon aria-hidden size={14} className={`mt-0.5 ${TONE_TEXT[tone]}`} />
                <div className="min-w-0 text-sm">
                  <p>{text.steps[step.kind](step.version)}</p>
                  <p className="text-xs text-muted">
                    {step.serving.length === 0
                      ? text.servingNone
                      : text.serving(step.serving.map((version) => `v${version}`).join(', '))}
                    {' · '}
                    {memory.limitBytes === undefined
                      ? text.memoryAfter(formatBytes(step.usedBytes))
                      : text.memoryAfterOf(formatBytes(step.usedBytes), formatBytes(memory.limitBytes))}
                  </p>
                </div>
              </li>
            );
          })}
        </ol>
      )}
      {notes.map((note) => (
        <p key={note} className="text-xs text-muted">
          {sentence(note)}.
        </p>
      ))}
    </div>
  );
}

/** For a model that is configured elsewhere: what to put there. */
function CopyConfig() {
  const { commands, toasts } = useServices();
  const connected = useConnected();
  const copy = useCopy();
  return (
    <Button
      disabled={!connected}
      onClick={() => {
        commands.run('exportConfig', {}).then(
          ({ text: config }) => copy(config, text.copiedConfig),
          (error: unknown) => toasts.getState().show({ tone: 'bad', message: errorText(error) }),
        );
      }}
    >
      {text.copyConfig}
    </Button>
  );
}

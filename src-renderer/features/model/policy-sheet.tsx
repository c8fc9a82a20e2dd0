import { Plus, X } from 'lucide-react';
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import type { ServableVersion } from '#contracts/ids.ts';
import type { VersionPolicy } from '#contracts/model-config.ts';
import type { ModelView } from '#contracts/ui.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { useCopy } from '../../components/copy.tsx';
import { Field } from '../../components/field.tsx';
import { NumberField } from '../../components/number-field.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Select } from '../../components/select.tsx';
import { Sheet } from '../../components/sheet.tsx';
import { Checkbox } from '../../components/switch.tsx';
import { errorText } from '../../stores/commands.ts';
import { useConnected, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { ChangePreviewView, useChangePreview } from '../models/change-preview.tsx';
import type { LabelField, PolicyForm } from './policy-form.ts';
import { changeOf, choosableVersions, labelMoves, labelProblem, policyFormOf } from './policy-form.ts';

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
  const answer = useChangePreview(model, change && { change });
  const isElsewhere = model.origin === 'flags' || model.origin === 'config';
  const canApply =
    connected &&
    !busy &&
    change !== undefined &&
    Object.keys(change).length > 0 &&
    answer.preview !== undefined &&
    answer.isOld !== true &&
    answer.preview.refusal === undefined;

  const formId = useId();
  const applyButton = useRef<HTMLButtonElement>(null);
  const isProposed = useRef(initialPolicy !== undefined);
  useEffect(() => {
    // What was proposed is looked at and then applied, by Enter; who has gone on to a field is left there.
    if (!canApply || !isProposed.current) return;
    isProposed.current = false;
    if (document.activeElement?.getAttribute('role') === 'dialog') applyButton.current?.focus();
  }, [canApply]);

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
            <Button ref={applyButton} variant="primary" submit form={formId} disabled={!canApply}>
              {text.apply}
            </Button>
          )}
        </>
      }
    >
      <form
        id={formId}
        className="flex flex-col gap-5"
        onSubmit={(event) => {
          event.preventDefault();
          if (canApply) void apply();
        }}
      >
        <Fields model={model} form={form} onChange={(over) => setForm({ ...form, ...over })} />
        <ChangePreviewView answer={answer} model={model} moves={labelMoves(model, change)} />
      </form>
    </Sheet>
  );
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
  const labelList = useRef<HTMLUListElement>(null);
  const addButton = useRef<HTMLButtonElement>(null);
  const isAdding = useRef(false);
  useEffect(() => {
    // Who asks for a label names it next.
    if (isAdding.current) labelList.current?.lastElementChild?.querySelector('input')?.focus();
    isAdding.current = false;
  });
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
        <ul ref={labelList} className="flex flex-col gap-2">
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
                onClick={() => {
                  onChange({ labels: form.labels.filter(({ key }) => key !== field.key) });
                  // What was pressed goes away with its row.
                  addButton.current?.focus();
                }}
              />
            </li>
          ))}
        </ul>
        <div className="mt-2">
          <Button
            ref={addButton}
            size="sm"
            icon={Plus}
            onClick={() => {
              isAdding.current = true;
              const key = Math.max(-1, ...form.labels.map((field) => field.key)) + 1;
              const serving = model.versions.find(({ phase }) => phase === 'available')?.version;
              onChange({ labels: [...form.labels, { key, label: '', version: serving ?? choosable[0]?.version }] });
            }}
          >
            {text.addLabel}
          </Button>
        </div>
      </section>
    </>
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

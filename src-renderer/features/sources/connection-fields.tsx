import type { ReactNode } from 'react';
import { useId } from 'react';
import type { Addressing, ConnectionPreset, ConnectionTest } from '#contracts/ui-sources.ts';
import { CONNECTION_PRESETS, ConnectionPreset as Presets } from '#contracts/ui-sources.ts';
import { Field, fieldLabelClass, fieldNoteClass } from '../../components/field.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Checkbox } from '../../components/switch.tsx';
import { strings } from '../../strings/index.ts';
import type { ConnectionForm, FormField, FormProblems } from './connection-form.ts';
import { suggestedName, withPreset } from './connection-form.ts';

const words = strings.sources.form;

const PRESETS: readonly ConnectionPreset[] = Presets.options;
const ADDRESSINGS: readonly Addressing[] = ['auto', 'path', 'virtual'];

export interface FieldsProps {
  readonly form: ConnectionForm;
  readonly problems: FormProblems;
  readonly onChange: (form: ConnectionForm) => void;
}

/** A field that the editor can bring the focus to; see {@link focusField}. */
export function FieldSlot({
  field,
  wide = false,
  children,
}: {
  readonly field: FormField;
  readonly wide?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <div data-field={field} className={`min-w-0 ${wide ? 'col-span-full' : ''}`}>
      {children}
    </div>
  );
}

/** Brings the focus to the first control of a field, after what hides it was opened. */
export function focusField(editor: HTMLElement | null, field: FormField): void {
  const slot = editor?.querySelector<HTMLElement>(`[data-field="${field}"]`);
  slot?.closest('details')?.setAttribute('open', '');
  const control = slot?.querySelector<HTMLElement>('input:not([type=hidden]), button[data-selected], button');
  control?.focus();
  control?.scrollIntoView({ block: 'nearest' });
}

/** Buttons of which one is chosen, with the label and the hint that other fields have. */
export function ChoiceField({
  label,
  hint,
  children,
}: {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <div className="flex min-w-0 flex-col items-start gap-1">
      <span aria-hidden className={fieldLabelClass}>
        {label}
      </span>
      <div className="max-w-full overflow-x-auto p-px">{children}</div>
      {hint !== undefined && <div className={fieldNoteClass(false)}>{hint}</div>}
    </div>
  );
}

/** Which store, and where in it. */
export function StoreFields({
  form,
  problems,
  onChange,
  found,
}: FieldsProps & { readonly found: ConnectionTest['found'] | undefined }) {
  const preset = CONNECTION_PRESETS[form.preset];
  return (
    <>
      <FieldSlot field="preset" wide>
        <ChoiceField label={words.preset} hint={preset.hint}>
          <Segmented
            label={words.preset}
            segments={PRESETS.map((key) => ({ key, label: CONNECTION_PRESETS[key].label }))}
            selected={form.preset}
            onSelect={(key) => onChange(withPreset(form, key))}
          />
        </ChoiceField>
      </FieldSlot>
      <FieldSlot field="name">
        <Field
          label={words.name}
          value={form.name}
          error={problems.name}
          placeholder={suggestedName(form)}
          onChange={(event) => onChange({ ...form, name: event.target.value })}
        />
      </FieldSlot>
      <FieldSlot field="region">
        <Field
          label={words.region}
          mono
          value={form.region}
          error={problems.region}
          placeholder={found?.region ?? preset.regionExample ?? words.regionAuto}
          hint={form.region === '' ? words.regionAuto : undefined}
          onChange={(event) => onChange({ ...form, region: event.target.value })}
        />
      </FieldSlot>
      <FieldSlot field="endpoint" wide>
        <Field
          label={words.endpoint}
          mono
          inputMode="url"
          value={form.endpoint}
          error={problems.endpoint}
          placeholder={preset.endpointExample ?? words.endpointAws}
          onChange={(event) => onChange({ ...form, endpoint: event.target.value })}
        />
      </FieldSlot>
      <FieldSlot field="startUri" wide>
        <Field
          label={words.startUri}
          mono
          value={form.startUri}
          error={problems.startUri}
          hint={words.startHint}
          placeholder={words.startPlaceholder}
          onChange={(event) => onChange({ ...form, startUri: event.target.value })}
        />
      </FieldSlot>
      <FieldSlot field="addressing" wide>
        <ChoiceField label={words.addressing} hint={<AddressingHint form={form} found={found} />}>
          <Segmented
            label={words.addressing}
            segments={ADDRESSINGS.map((key) => ({ key, label: words.addressings[key] }))}
            selected={form.addressing}
            onSelect={(addressing) => onChange({ ...form, addressing })}
          />
        </ChoiceField>
      </FieldSlot>
    </>
  );
}

function AddressingHint({
  form: { addressing },
  found,
}: Pick<FieldsProps, 'form'> & { readonly found: ConnectionTest['found'] | undefined }) {
  const detected = found?.addressing;
  if (addressing === 'auto' && detected) return words.detected(words.detectedStyles[detected.style], detected.reason);
  return <span className={addressing === 'auto' ? '' : 'font-mono text-2xs'}>{words.addressingHints[addressing]}</span>;
}

/** What few connections need. */
export function MoreFields({ form, problems, onChange }: FieldsProps) {
  const id = useId();
  const isUsed = form.caFile !== '' || form.proxy !== '' || !form.verifyTls || form.requesterPays;
  const hasProblem = problems.caFile !== undefined || problems.proxy !== undefined;
  return (
    <details className="col-span-full" open={isUsed || hasProblem || undefined} aria-labelledby={id}>
      <summary id={id} className="w-fit rounded-sm text-xs font-medium text-muted">
        {words.more}
      </summary>
      <div className="mt-3 grid grid-cols-1 gap-x-4 gap-y-3 @sm:grid-cols-2">
        <FieldSlot field="caFile">
          <Field
            label={words.caFile}
            mono
            value={form.caFile}
            error={problems.caFile}
            hint={words.caFileHint}
            onChange={(event) => onChange({ ...form, caFile: event.target.value })}
          />
        </FieldSlot>
        <FieldSlot field="proxy">
          <Field
            label={words.proxy}
            mono
            value={form.proxy}
            error={problems.proxy}
            hint={words.proxyHint}
            onChange={(event) => onChange({ ...form, proxy: event.target.value })}
          />
        </FieldSlot>
        <FieldSlot field="verifyTls">
          <Checkbox
            label={words.verifyTls}
            isOn={form.verifyTls}
            onChange={(verifyTls) => onChange({ ...form, verifyTls })}
            hint={form.verifyTls ? undefined : <span className="text-warn">{words.verifyOff}</span>}
          />
        </FieldSlot>
        <FieldSlot field="requesterPays">
          <Checkbox
            label={words.requesterPays}
            isOn={form.requesterPays}
            onChange={(requesterPays) => onChange({ ...form, requesterPays })}
            hint={words.requesterPaysHint}
          />
        </FieldSlot>
      </div>
    </details>
  );
}

import { KeyRound, ShieldAlert, ShieldCheck } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { AccessKeys, ConnectionCredentials, SourcesBoard } from '#contracts/ui-sources.ts';
import { Button } from '../../components/button.tsx';
import { Field } from '../../components/field.tsx';
import type { Tone } from '../../components/notice.tsx';
import { Notice } from '../../components/notice.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Select } from '../../components/select.tsx';
import { Checkbox } from '../../components/switch.tsx';
import { useConnected, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import type { FieldsProps } from './connection-fields.tsx';
import { ChoiceField, FieldSlot } from './connection-fields.tsx';
import type { CredentialKind } from './connection-form.ts';

const words = strings.sources.form;

const KINDS: readonly CredentialKind[] = ['profile', 'environment', 'keys', 'anonymous'];

/** The keys that were typed so far. They stay in the input elements and here: never in the page's state or its markup. */
export type TypedKeys = { -readonly [Name in keyof Required<AccessKeys>]: string };

export const noKeys = (): TypedKeys => ({ accessKeyId: '', secretAccessKey: '', sessionToken: '' });

/** @returns undefined until both keys are there. */
export function completeKeys({ accessKeyId, secretAccessKey, sessionToken }: TypedKeys): AccessKeys | undefined {
  if (accessKeyId.trim() === '' || secretAccessKey.trim() === '') return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken.trim() === '' ? {} : { sessionToken }) };
}

export interface CredentialFieldsProps extends FieldsProps {
  readonly protection: SourcesBoard['protection'];
  /** Those of the saved connection. */
  readonly stored: ConnectionCredentials | undefined;
  /** Whether new keys are typed in place of the stored ones. */
  readonly isReplacing: boolean;
  readonly onReplace: (replace: boolean) => void;
  readonly onKey: (name: keyof TypedKeys, value: string) => void;
}

/** Who asks the store. */
export function CredentialFields(props: CredentialFieldsProps) {
  const { form, onChange } = props;
  const kind = form.credentials;
  return (
    <FieldSlot field="credentials" wide>
      <div className="flex flex-col gap-3">
        <ChoiceField
          label={words.credentials}
          hint={kind === 'environment' || kind === 'anonymous' ? words.credentialHints[kind] : undefined}
        >
          <Segmented
            label={words.credentials}
            segments={KINDS.map((key) => ({ key, label: words.credentialKinds[key] }))}
            selected={kind}
            onSelect={(credentials) => onChange({ ...form, credentials })}
          />
        </ChoiceField>
        {kind === 'profile' && <ProfileField {...props} />}
        {/* Hidden, not gone: what was typed is still there when another kind was only looked at. */}
        <div hidden={kind !== 'keys'}>
          <KeyFields {...props} />
        </div>
      </div>
    </FieldSlot>
  );
}

function ProfileField({ form, problems, onChange }: FieldsProps) {
  const profiles = useAwsProfiles();
  // One that is not in the files any more is still what the connection says.
  const names = [...new Set([...(form.profile === '' ? [] : [form.profile]), ...(profiles ?? [])])];
  return (
    <FieldSlot field="profile">
      <div className="max-w-80">
        <Select
          label={words.profile}
          mono
          options={names.map((key) => ({ key, label: key }))}
          selected={form.profile === '' ? undefined : form.profile}
          onSelect={(profile) => onChange({ ...form, profile })}
          placeholder={words.profilePlaceholder}
          hint={profiles?.length === 0 ? words.profileNone : words.profileHint}
          error={problems.profile}
          disabled={names.length === 0}
        />
      </div>
    </FieldSlot>
  );
}

/** Undefined until the server has told. */
function useAwsProfiles(): readonly string[] | undefined {
  const { commands } = useServices();
  const connected = useConnected();
  const [profiles, setProfiles] = useState<readonly string[] | undefined>();
  useEffect(() => {
    if (!connected) return undefined;
    const abort = new AbortController();
    commands.run('listAwsProfiles', {}, abort.signal).then(
      (result) => setProfiles(result.profiles),
      () => undefined,
    );
    return () => abort.abort();
  }, [commands, connected]);
  return profiles;
}

function KeyFields({
  form,
  problems,
  onChange,
  protection,
  stored,
  isReplacing,
  onReplace,
  onKey,
}: CredentialFieldsProps) {
  const hasStored = stored?.kind === 'keys';
  if (hasStored && !isReplacing) {
    return (
      <FieldSlot field="keys">
        <p className="flex flex-wrap items-center gap-2 text-sm">
          <KeyRound aria-hidden size={14} className="text-muted" />
          {words.keysStored(stored.accessKeyIdEnd)}
          <Button size="sm" onClick={() => onReplace(true)}>
            {words.replaceKeys}
          </Button>
        </p>
      </FieldSlot>
    );
  }
  const input = (name: keyof TypedKeys) => ({
    mono: true,
    // Without `value`: React would write it into the markup.
    onChange: (event: { readonly target: { readonly value: string } }) => onKey(name, event.target.value),
  });
  return (
    <div className="flex flex-col gap-3">
      <Protection protection={protection} />
      <FieldSlot field="keys">
        <div className="grid grid-cols-1 gap-x-4 gap-y-3 @sm:grid-cols-2">
          <Field label={words.accessKeyId} error={problems.keys} {...input('accessKeyId')} />
          <Field label={words.secretAccessKey} type="password" {...input('secretAccessKey')} autoComplete="off" />
          <Field label={words.sessionToken} type="password" {...input('sessionToken')} autoComplete="off" />
        </div>
      </FieldSlot>
      {protection.kind === 'plain' && (
        <FieldSlot field="allowPlain">
          <Checkbox
            label={words.allowPlain}
            isOn={form.allowPlain}
            onChange={(allowPlain) => onChange({ ...form, allowPlain })}
          />
          {problems.allowPlain !== undefined && <p className="ps-6.5 text-xs text-bad">{problems.allowPlain}</p>}
        </FieldSlot>
      )}
      {hasStored && (
        <div>
          <Button size="sm" onClick={() => onReplace(false)}>
            {words.keepKeys}
          </Button>
        </div>
      )}
    </div>
  );
}

const PROTECTION_TONE: Readonly<Record<SourcesBoard['protection']['kind'], Tone>> = {
  os: 'ok',
  plain: 'warn',
  none: 'idle',
};

/** Where keys would be kept, said before they are typed. */
function Protection({ protection: { kind, label } }: { readonly protection: SourcesBoard['protection'] }) {
  return (
    <Notice
      tone={PROTECTION_TONE[kind]}
      icon={kind === 'os' ? ShieldCheck : ShieldAlert}
      {...(kind === 'none' ? { title: words.protectionNone(label) } : {})}
    >
      {kind === 'none' ? words.protectionNoneHelp : `${words.protection[kind]}: ${label}.`}
    </Notice>
  );
}

import { z } from 'zod';
import type {
  AccessKeys,
  Addressing,
  Connection,
  ConnectionChange,
  ConnectionPreset,
  ParsedS3Url,
} from '#contracts/ui-sources.ts';
import { CONNECTION_PRESETS, ConnectionDraft } from '#contracts/ui-sources.ts';
import { sentence } from '../../format/sentence.ts';
import { strings } from '../../strings/index.ts';

export type CredentialKind = ConnectionDraft['credentials']['kind'];

/** The editor's fields as they are typed; a bad value stays. Keys are not in it: no secret is in the page's state. */
export interface ConnectionForm {
  readonly name: string;
  readonly preset: ConnectionPreset;
  readonly endpoint: string;
  readonly startUri: string;
  readonly region: string;
  readonly addressing: Addressing;
  readonly credentials: CredentialKind;
  readonly profile: string;
  readonly allowPlain: boolean;
  readonly caFile: string;
  readonly proxy: string;
  readonly verifyTls: boolean;
  readonly requesterPays: boolean;
}
export type FormField = keyof ConnectionForm | 'keys';

/** What is wrong with each field, for beside it. */
export type FormProblems = Readonly<Partial<Record<FormField, string>>>;

/** @param keepsKeys whether keys can be saved here: most stores but Amazon's know nothing else. */
export function newForm(preset: ConnectionPreset, keepsKeys = false): ConnectionForm {
  const { region = '', addressing } = CONNECTION_PRESETS[preset];
  return {
    name: '',
    preset,
    endpoint: '',
    startUri: '',
    region,
    addressing,
    credentials: preset !== 'aws' && keepsKeys ? 'keys' : 'profile',
    profile: '',
    allowPlain: false,
    caFile: '',
    proxy: '',
    verifyTls: true,
    requesterPays: false,
  };
}

export function formOf(connection: Connection): ConnectionForm {
  const { name, preset, endpoint = '', startUri = '', region = '', addressing, credentials } = connection;
  return {
    name,
    preset,
    endpoint,
    startUri,
    region,
    addressing,
    credentials: credentials.kind,
    profile: credentials.kind === 'profile' ? credentials.name : '',
    allowPlain: false,
    caFile: connection.caFile ?? '',
    proxy: connection.proxy ?? '',
    verifyTls: connection.verifyTls,
    requesterPays: connection.requesterPays,
  };
}

/** Another kind of store: what the one before had filled in is replaced, what the user typed stays. */
export function withPreset(form: ConnectionForm, preset: ConnectionPreset): ConnectionForm {
  const before = CONNECTION_PRESETS[form.preset];
  const { region = '', addressing } = CONNECTION_PRESETS[preset];
  return {
    ...form,
    preset,
    endpoint: preset === 'aws' ? '' : form.endpoint,
    region: form.region === (before.region ?? '') ? region : form.region,
    addressing: form.addressing === before.addressing ? addressing : form.addressing,
  };
}

/** What a pasted URL says; of the rest, what was typed stays. */
export function withUrl(form: ConnectionForm, url: ParsedS3Url): ConnectionForm {
  // A bare s3:// URI says nothing of the store: it can be in the one that the form is about.
  const isBare = url.preset === 'aws' && url.endpoint === undefined && url.region === undefined;
  if (isBare) return { ...form, startUri: url.uri };
  const moved = withPreset(form, url.preset);
  return {
    ...moved,
    startUri: url.uri,
    endpoint: url.endpoint ?? '',
    region: url.region ?? moved.region,
    addressing: url.addressing ?? moved.addressing,
  };
}

/** The form after a fix of the test. */
export function withChange(form: ConnectionForm, change: ConnectionChange): ConnectionForm {
  const { endpoint = form.endpoint, region = form.region, credentials } = change;
  return {
    ...form,
    endpoint: endpoint ?? '',
    region: region ?? '',
    addressing: change.addressing ?? form.addressing,
    requesterPays: change.requesterPays ?? form.requesterPays,
    ...(credentials && {
      credentials: credentials.kind,
      profile: credentials.kind === 'profile' ? credentials.name : form.profile,
    }),
  };
}

/** A name for a connection that was given none: the host of its endpoint, or its bucket. */
export function suggestedName({ preset, endpoint, startUri }: ConnectionForm): string {
  if (URL.canParse(endpoint)) {
    const { hostname } = new URL(endpoint);
    if (hostname !== '') return hostname.slice(0, 64);
  }
  const bucket = /^s3:\/\/([^/]+)/u.exec(startUri.trim())?.[1];
  return (bucket ?? CONNECTION_PRESETS[preset].label).slice(0, 64);
}

/** A bucket by its name or the ARN of an access point, and what is in it. */
const START = /^s3:\/\/(?:arn:|[a-z0-9][a-z0-9._-]{1,253}[a-z0-9](?:\/|$))/iu;

/**
 * The form as the server takes it, or what is wrong with its fields.
 * @param keys those that were typed; undefined where the stored ones are meant.
 * @param hasStoredKeys whether the server has some for this connection.
 */
export function readForm(
  form: ConnectionForm,
  keys: AccessKeys | undefined,
  hasStoredKeys: boolean,
): { readonly draft: ConnectionDraft } | { readonly problems: FormProblems } {
  const words = strings.sources.form;
  const problems: Partial<Record<FormField, string>> = {};
  if (form.preset !== 'aws' && form.endpoint.trim() === '') problems.endpoint = words.endpointMissing;
  if (form.credentials === 'profile' && form.profile === '') problems.profile = words.profileMissing;
  if (form.credentials === 'keys' && !hasStoredKeys && !keys) problems.keys = words.keysMissing;
  if (form.startUri.trim() !== '' && !START.test(form.startUri.trim())) problems.startUri = words.startWrong;
  const parsed = ConnectionDraft.safeParse({
    name: form.name.trim() === '' ? suggestedName(form) : form.name,
    preset: form.preset,
    addressing: form.addressing,
    verifyTls: form.verifyTls,
    requesterPays: form.requesterPays,
    ...given('endpoint', form.endpoint.replace(/\/+$/u, '')),
    ...given('region', form.region),
    ...given('startUri', form.startUri),
    ...given('caFile', form.caFile),
    ...given('proxy', form.proxy),
    credentials: credentialsOf(form, keys),
  });
  for (const { path, message } of parsed.error?.issues ?? []) {
    const field = fieldOf(path);
    if (field !== undefined) problems[field] ??= fieldProblem(message);
  }
  return parsed.success && Object.keys(problems).length === 0 ? { draft: parsed.data } : { problems };
}

function credentialsOf({ credentials: kind, profile, allowPlain }: ConnectionForm, keys: AccessKeys | undefined) {
  if (kind === 'profile') return { kind, name: profile };
  if (kind === 'keys') return { kind, ...(keys && { keys }), ...(allowPlain && { allowPlain }) };
  return { kind };
}

const given = (name: string, text: string): Record<string, string> => (text.trim() === '' ? {} : { [name]: text });

const Field = z.enum(['name', 'endpoint', 'startUri', 'region', 'caFile', 'proxy']);

function fieldOf([first, second]: readonly PropertyKey[]): FormField | undefined {
  if (first !== 'credentials') return Field.safeParse(first).data;
  return second === 'name' ? 'profile' : 'keys';
}

/** `must be like https://host:port` is said of the field it stands beside. */
const fieldProblem = (message: string): string => `${sentence(message)}${message.endsWith('.') ? '' : '.'}`;

/** Whether two forms say the same: nothing to save. */
export const isSameForm = (one: ConnectionForm, other: ConnectionForm): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

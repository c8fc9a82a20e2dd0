import { useRef, useState } from 'react';
import type { ConnectionId } from '#contracts/ids.ts';
import type { Connection, ConnectionDraft, SourcesBoard } from '#contracts/ui-sources.ts';
import { strings } from '../../strings/index.ts';
import { focusField } from './connection-fields.tsx';
import type { ConnectionForm, FormField, FormProblems } from './connection-form.ts';
import { formOf, isSameForm, newForm, readForm } from './connection-form.ts';
import type { TypedKeys } from './credential-fields.tsx';
import { completeKeys, noKeys } from './credential-fields.tsx';
import { useSourcesMemory, useSourcesMemoryStore } from './sources-memory.ts';

const words = strings.sources.form;

/** The editor's form, and what changes it. */
export interface EditedForm {
  readonly value: ConnectionForm;
  readonly problems: FormProblems;
  readonly isDirty: boolean;
  /** The server has keys for the connection, and they are not being replaced. */
  readonly hasStoredKeys: boolean;
  readonly isReplacing: boolean;
  /** Changes when the inputs of keys have to forget what was typed into them. */
  readonly keysVersion: number;
  readonly change: (form: ConnectionForm) => void;
  readonly typeKey: (name: keyof TypedKeys, text: string) => void;
  readonly replaceKeys: (replace: boolean) => void;
  /** @returns undefined where something is wrong, which is then said beside its field, and the first gets the focus. */
  readonly read: (form: ConnectionForm, purpose: Asked) => ConnectionDraft | undefined;
  readonly saved: (as: ConnectionId) => void;
  readonly discard: () => void;
}

/**
 * The editor's form: its fields, which outlive the screen, what is wrong with them, and keys, which are apart from both.
 * @param editor brings the focus to the first field that is wrong.
 */
export function useConnectionForm(
  id: string,
  saved: Connection | undefined,
  board: SourcesBoard,
  editor: { readonly current: HTMLElement | null },
): EditedForm {
  const memory = useSourcesMemoryStore();
  const base = saved ? formOf(saved) : newForm('aws', board.protection.kind !== 'none');
  const value = useSourcesMemory((state) => state.drafts[id]) ?? base;
  const keys = useRef<TypedKeys>(noKeys());
  const [hasTypedKeys, setHasTypedKeys] = useState(false);
  const [isReplacing, setReplacing] = useState(false);
  // Made anew, the inputs forget what was typed into them.
  const [keysVersion, setKeysVersion] = useState(0);
  // Only once something was asked for: a form that is being filled in is not wrong yet.
  const [asked, setAsked] = useState<Asked | undefined>();
  const [problems, setProblems] = useState<FormProblems>({});
  const hasStoredKeys = saved?.credentials.kind === 'keys' && !isReplacing;

  const check = (form: ConnectionForm, { needsStart = false, isSaved = false }: Asked) => {
    const read = readForm(form, hasStoredKeys ? undefined : completeKeys(keys.current), hasStoredKeys);
    const found: Partial<Record<FormField, string>> = 'problems' in read ? { ...read.problems } : {};
    if (needsStart && form.startUri.trim() === '') found.startUri = words.startMissing;
    if (
      isSaved &&
      form.credentials === 'keys' &&
      !hasStoredKeys &&
      board.protection.kind === 'plain' &&
      !form.allowPlain
    )
      found.allowPlain = words.allowPlainMissing;
    return { draft: 'draft' in read ? read.draft : undefined, found };
  };

  const forgetKeys = (): void => {
    keys.current = noKeys();
    setHasTypedKeys(false);
    setKeysVersion((version) => version + 1);
  };

  return {
    value,
    problems,
    isDirty: hasTypedKeys || (saved ? !isSameForm(value, base) : true),
    hasStoredKeys,
    isReplacing,
    keysVersion,
    change(form: ConnectionForm): void {
      memory.getState().setDraft(id, saved && isSameForm(form, base) ? undefined : form);
      if (asked) setProblems(check(form, asked).found);
    },
    typeKey(name: keyof TypedKeys, text: string): void {
      keys.current[name] = text;
      setHasTypedKeys(true);
      if (asked) setProblems(check(value, asked).found);
    },
    replaceKeys(replace: boolean): void {
      setReplacing(replace);
      forgetKeys();
    },
    read(form: ConnectionForm, purpose: Asked): ConnectionDraft | undefined {
      const { draft, found } = check(form, purpose);
      setAsked(purpose);
      setProblems(found);
      const first = FIELD_ORDER.find((field) => found[field] !== undefined);
      if (first) focusField(editor.current, first);
      return first === undefined ? draft : undefined;
    },
    saved(as: ConnectionId): void {
      memory.getState().saved(id, as);
      setReplacing(false);
      forgetKeys();
    },
    discard(): void {
      memory.getState().setDraft(id, undefined);
      setProblems({});
      setAsked(undefined);
      setReplacing(false);
      forgetKeys();
    },
  };
}

/** What the form was asked for last, which decides what it must have. */
interface Asked {
  readonly needsStart?: boolean;
  readonly isSaved?: boolean;
}

const FIELD_ORDER: readonly FormField[] = [
  'name',
  'endpoint',
  'startUri',
  'region',
  'profile',
  'keys',
  'allowPlain',
  'caFile',
  'proxy',
];

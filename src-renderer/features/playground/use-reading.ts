import { useEffect, useMemo, useState } from 'react';
import type { ModelSignature } from '#contracts/signature.ts';
import { LONG_CHARACTERS, type WrittenForm } from '../../stores/play-store.ts';
import { usePlay } from '../../stores/services.tsx';
import type { RequestReading } from '../../tensors/request-form.ts';
import { readRequest } from '../../tensors/request-form.ts';

/** So long nothing was typed: then a long text is read. */
const SETTLED_MS = 400;

/**
 * A request as a form. One that a form has written is not read again. A long one is read when nothing was typed for a
 * moment, so that typing stays quick; until then the reading is that of the text before.
 * @param known `example`: what a model without a draft begins with; `isNow`: the reading is needed for this very text, since
 *   the form shows it.
 */
export function useReading(
  model: string,
  text: string,
  signature: ModelSignature,
  known: { readonly example: WrittenForm; readonly isNow: boolean },
): RequestReading {
  const { example, isNow } = known;
  const written = usePlay((state) => state.forms[model]);
  const [settled, setSettled] = useState(text);
  const isLong = text.length >= LONG_CHARACTERS;
  useEffect(() => {
    if (!isLong || text === settled) return undefined;
    const timer = setTimeout(() => setSettled(text), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [text, settled, isLong]);
  const shown = isNow || !isLong ? text : settled;
  return useMemo(() => {
    const same = [written, example].find((each) => each?.text === shown);
    return same ? same.form : readRequest(shown, signature);
  }, [written, example, shown, signature]);
}

/** Bytes as the value of a text input: `{"b64": "..."}`, TensorFlow Serving's form. */
import type { TensorInfo } from '#contracts/signature.ts';
import { strings } from '../strings/index.ts';
import { fillTensor, isBase64 } from './cell-tensor.ts';
import type { Json } from './lossless-json.ts';
import type { InputReading } from './request-form.ts';

/** How many bytes are encoded at once: a call takes only so many arguments. */
const CHUNK = 0x8000;

export function base64OfBytes(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += CHUNK) binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(binary);
}

const startShape = ({ dims }: Pick<TensorInfo, 'dims'>): readonly number[] =>
  (dims ?? []).map((dim) => (typeof dim === 'number' ? dim : 1));

/** One value, in as many lists as the input has axes. */
export function bytesInput(base64: string, info: Pick<TensorInfo, 'dims'>): InputReading {
  let value: Json = new Map([['b64', base64]]);
  for (const _ of startShape(info)) value = [value];
  return { kind: 'json', value, reason: strings.tensors.base64 };
}

/** Bytes of an input that holds just one base64 value; undefined for any other. */
export function bytesHeld(value: Json): number | undefined {
  let probe: Json | undefined = value;
  while (Array.isArray(probe) && probe.length === 1) [probe] = probe;
  if (!(probe instanceof Map) || !isBase64(probe)) return undefined;
  const base64 = probe.get('b64');
  if (typeof base64 !== 'string') return undefined;
  return Math.floor((base64.replace(/=+$/u, '').length * 3) / 4);
}

/** The empty text of an input's smallest shape. */
export const emptyText = (info: Pick<TensorInfo, 'dims'>): InputReading => ({
  kind: 'tensor',
  tensor: fillTensor(startShape(info), 'string', 'zeros', () => 0),
});

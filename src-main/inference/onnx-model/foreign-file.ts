import { ServingError } from '../../contracts/serving-error.ts';
import type { RandomAccess } from './protobuf-reader.ts';

/** What lies in a file that should be an ONNX model and is none, told by how it begins. */
interface Kind {
  /** After the file's name: `is a ZIP archive`. */
  readonly looks: string;
  readonly fix: string;
}

const EXPORT = 'export the model to ONNX and put that file here';
const UNPACK = 'unpack it and put the .onnx file in it here';

/** Formats that begin with fixed bytes, some of them not at the very beginning. */
const BINARY: readonly (Kind & { readonly at?: number; readonly bytes: string })[] = [
  { bytes: '\u001f\u008b', looks: 'is compressed (gzip)', fix: UNPACK },
  { bytes: 'BZh', looks: 'is compressed (bzip2)', fix: UNPACK },
  { bytes: '\u00fd7zXZ', looks: 'is compressed (xz)', fix: UNPACK },
  { bytes: '(\u00b5/\u00fd', looks: 'is compressed (zstd)', fix: UNPACK },
  { bytes: '7z\u00bc\u00af', looks: 'is a 7-Zip archive', fix: UNPACK },
  { at: 257, bytes: 'ustar', looks: 'is a tar archive', fix: UNPACK },
  { bytes: '\u0089HDF\r\n', looks: 'is an HDF5 file, as Keras writes it', fix: EXPORT },
  { at: 4, bytes: 'TFL3', looks: 'is a TensorFlow Lite model', fix: EXPORT },
  {
    at: 4,
    bytes: 'ORTM',
    looks: "is in ONNX Runtime's ORT format, which has no signature to read",
    fix: 'put the .onnx file here that it was made from',
  },
  { bytes: 'GGUF', looks: 'is a GGUF file', fix: EXPORT },
  { bytes: '\u0093NUMPY', looks: 'is a NumPy array', fix: EXPORT },
  { bytes: '%PDF-', looks: 'is a PDF', fix: 'put the .onnx file here' },
];

/** A head this long tells all of them. */
const HEAD_BYTES = 1024;
/** Codes below a blank's that texts have: tab, line feed, form feed, carriage return and escape. */
const TEXT_CONTROLS: ReadonlySet<number> = new Set([9, 10, 12, 13, 27]);

/**
 * Says what a file that cannot be read as ONNX is instead, and what to do: `is a Git LFS pointer, not the model: …`.
 * None of its content is quoted, since what it is may be secret.
 * @param head its first bytes, up to a thousand.
 * @returns undefined where it is nothing known, so that it may be a damaged ONNX file.
 */
export function describeForeignFile(head: Uint8Array): string | undefined {
  const kind = binaryKind(head) ?? textKind(head);
  return kind && `${kind.looks}, not an ONNX model: ${kind.fix}`;
}

/**
 * Reads from a file, and where that fails because it is no ONNX file says what it is instead.
 * @param name the file's name for messages, without its folder.
 * @throws whatever `reading` rejects with, or ServingError INVALID_ARGUMENT.
 */
export async function orForeign<T>(file: RandomAccess, name: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof ServingError) || error.code !== 'INVALID_ARGUMENT') throw error;
    const what = describeForeignFile(await file.read(0, Math.min(HEAD_BYTES, file.sizeBytes)));
    throw what === undefined ? error : new ServingError('INVALID_ARGUMENT', `${name} ${what}`, { cause: error });
  }
}

function binaryKind(head: Uint8Array): Kind | undefined {
  const text = Array.from(head, (byte) => String.fromCodePoint(byte)).join('');
  if (text.startsWith('PK\u0003\u0004')) return archiveKind(text);
  // A length in eight bytes, and then its JSON.
  if (text.startsWith('{"', 8) && text.startsWith('\u0000\u0000', 6))
    return { looks: 'is a safetensors file', fix: EXPORT };
  const [first, second = 0] = head;
  if (first === 0x80 && second >= 2 && second <= 5)
    return { looks: 'is a Python pickle, as older PyTorch and scikit-learn write it', fix: EXPORT };
  return BINARY.find(({ at = 0, bytes }) => text.startsWith(bytes, at));
}

/** The name of the first entry stands in the head. */
function archiveKind(text: string): Kind {
  if (/\/(?:data\.pkl|\.format_version|byteorder|version)/u.test(text))
    return { looks: 'is a PyTorch checkpoint', fix: 'export the model by torch.onnx.export and put that file here' };
  return { looks: 'is a ZIP archive', fix: UNPACK };
}

function textKind(head: Uint8Array): Kind | undefined {
  const text = decoded(head)?.trimStart();
  if (text === undefined || text === '') return undefined;
  if (text.startsWith('version https://git-lfs.github.com/'))
    return {
      looks: 'is a Git LFS pointer',
      fix: 'run "git lfs pull" in the repository that it comes from and put the real file here',
    };
  if (/^<!doctype html|^<html/iu.test(text))
    return {
      looks: 'is a web page (HTML)',
      fix: 'the download ended at a page, a sign-in perhaps; download the file itself',
    };
  if (/^<\?xml|^<[a-z]/iu.test(text)) return { looks: 'is XML', fix: 'a download may have ended in an error message' };
  if (/^(?:\{\s*["}]|\[\s*[\d"[{\]-])/u.test(text)) return { looks: 'is JSON', fix: EXPORT };
  return { looks: 'is plain text', fix: 'copy the model file itself here' };
}

/** Undefined where it is no text. */
function decoded(head: Uint8Array): string | undefined {
  const isUtf16 = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  try {
    // As a stream, since the head may end within a letter.
    const text = new TextDecoder(isUtf16 ? (head[0] === 0xff ? 'utf-16le' : 'utf-16be') : 'utf-8', {
      fatal: true,
    }).decode(head, { stream: true });
    const isText = Array.from(text, (letter) => letter.codePointAt(0) ?? 0).every(
      (code) => (code >= 32 && code !== 127) || TEXT_CONTROLS.has(code),
    );
    return isText ? text : undefined;
  } catch {
    return undefined;
  }
}

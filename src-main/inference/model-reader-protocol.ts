/** What the thread that reads the files of a version and its starter say to each other. */
import { z } from 'zod';
import { type ErrorCode, isErrorCode } from '../contracts/serving-error.ts';

/** What the thread is started with. Paths are absolute and native; those of `files` are relative and separated by `/`. */
export const ModelReaderJob = z.discriminatedUnion('kind', [
  /** `location`: a version folder or a model file. */
  z.object({ kind: z.literal('graph'), location: z.string() }),
  z.object({ kind: z.literal('checksums'), folder: z.string(), files: z.array(z.string()) }),
]);
export type ModelReaderJob = z.infer<typeof ModelReaderJob>;

/** The SHA-256 of a file in hexadecimal, or why there is none. */
export const FileSum = z.union([z.object({ sha256: z.string() }), z.object({ problem: z.string() })]);
export type FileSum = z.infer<typeof FileSum>;

/** The thread says one of `graph`, `checksums` and `failed`, and then ends by itself. */
export const ModelReaderMessage = z.discriminatedUnion('kind', [
  /** `json`: a ModelGraph as UTF-8. */
  z.object({
    kind: z.literal('graph'),
    json: z.custom<Uint8Array<ArrayBuffer>>((value) => value instanceof Uint8Array),
  }),
  /** In the order of the job's files. */
  z.object({ kind: z.literal('checksums'), sums: z.array(FileSum) }),
  z.object({
    kind: z.literal('failed'),
    code: z.custom<ErrorCode>(isErrorCode, 'not a canonical status code'),
    message: z.string(),
  }),
]);
export type ModelReaderMessage = z.infer<typeof ModelReaderMessage>;

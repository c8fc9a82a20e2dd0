import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import protobuf from 'protobufjs';
import { ServingError } from '../../contracts/serving-error.ts';
import { type FileDescriptor, type ParsedFile, readFileDescriptors, readServiceNames } from './file-descriptors.ts';
import { hasMoreElements } from './message-size.ts';

/** Fields and elements of the largest message that is decoded: some 10 000 models, every field of them set. */
const MAX_ELEMENTS = 200_000;

/** The messages of the .proto files, by full name (`tensorflow.serving.ModelSpec`), and what reflection tells of them. */
export interface ProtoSchema {
  /**
   * Reads a message into plain objects: field names as in the file, 64-bit numbers as decimal text, enums by name, fields
   * that were left out with their defaults, and each oneof's name with the name of the field that is set.
   * @throws ServingError INVALID_ARGUMENT for bytes that are no such message, RESOURCE_EXHAUSTED for too many fields.
   */
  decode(type: string, bytes: Uint8Array): unknown;
  /** Writes a message from plain objects in the same form; what is left out is not set. */
  encode(type: string, message: Readonly<Record<string, unknown>>): Buffer;
  /** Full names of all services. */
  readonly services: readonly string[];
  /** Describes the files, by the path with which others import them; takes tens of milliseconds. */
  describeFiles(): ReadonlyMap<string, FileDescriptor>;
}

/** Reads all .proto files of a folder and its sub-folders. @throws Error for a file that is broken or missing. */
export async function loadProtoSchema(directory: string): Promise<ProtoSchema> {
  const entries = await readdir(directory, { recursive: true });
  const paths = entries.filter((entry) => entry.endsWith('.proto')).map((entry) => entry.split(sep).join('/'));
  const sources = await Promise.all(paths.toSorted().map(async (path) => ({ path, text: await readSource(path) })));
  const root = new protobuf.Root();
  const parsed = sources.map(({ path, text }) => parseFile(root, path, text));
  root.resolveAll();

  return {
    services: readServiceNames(root, parsed),
    describeFiles: () => readFileDescriptors(root, parsed),
    decode(type, bytes) {
      const reflected = root.lookupType(type);
      try {
        if (hasMoreElements(reflected, bytes, MAX_ELEMENTS)) {
          throw new ServingError(
            'RESOURCE_EXHAUSTED',
            `Request has more than ${MAX_ELEMENTS} fields, which is the limit`,
          );
        }
        return reflected.toObject(reflected.decode(bytes), {
          longs: String,
          enums: String,
          defaults: true,
          oneofs: true,
        });
      } catch (error) {
        if (error instanceof ServingError) throw error;
        throw new ServingError('INVALID_ARGUMENT', `Request is not a ${type} message`, { cause: error });
      }
    },
    encode(type, message) {
      const reflected = root.lookupType(type);
      const bytes = reflected.encode(reflected.fromObject(message)).finish();
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
  };

  function readSource(path: string): Promise<string> {
    return readFile(join(directory, path), 'utf8');
  }
}

/** @throws Error that names the file. */
function parseFile(root: protobuf.Root, path: string, text: string): ParsedFile {
  const namesIn = (packageName: string): readonly string[] =>
    (packageName === '' ? root : root.define(packageName)).nestedArray.map(({ name }) => name);
  // Files share packages, and what they declare does not say where it comes from.
  const packageBefore = /^package ([\w.]+);/mu.exec(text)?.[1] ?? '';
  const before = new Set(namesIn(packageBefore));
  try {
    const { package: packageName = '', imports = [] } = protobuf.parse(text, root, { keepCase: true });
    return { path, package: packageName, imports, declares: namesIn(packageName).filter((name) => !before.has(name)) };
  } catch (error) {
    throw new Error(`${path} cannot be read`, { cause: error });
  }
}

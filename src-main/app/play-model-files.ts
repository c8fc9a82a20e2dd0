import type { ServableName, ServableVersion } from '../contracts/ids.ts';
import { parseServableVersion } from '../contracts/ids.ts';
import { ServingError } from '../contracts/serving-error.ts';
import { PLAY_LIMITS } from '../contracts/ui-play.ts';
import { EXAMPLES_FOLDER, LABEL_FILES } from '../storage/entry-names.ts';
import type { DirectoryEntry, FileSystem, FileSystemRegistry } from '../storage/file-system.ts';

/** A file of examples as it lies in a model's folder. */
export interface ExampleFile {
  /** Without its ending. */
  readonly name: string;
  readonly sizeBytes: number;
}

/** What lies beside the versions of a model, wherever the model is: examples and names of classes. Only read here. */
export interface PlayModelFiles {
  /** None where there is no folder `examples`. */
  examples(model: ServableName, signal: AbortSignal): Promise<readonly ExampleFile[]>;
  /** @throws ServingError NOT_FOUND, INVALID_ARGUMENT for one that is too large. */
  readExample(model: ServableName, name: string, signal: AbortSignal): Promise<string>;
  /** `labels.txt` or `labels.json` of a version, of its folder `assets`, or of the model; the first that is there. */
  labels(
    model: ServableName,
    version: ServableVersion | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly text: string; readonly file: string } | undefined>;
  /** The native path of a model's folder of examples; undefined where that is not on a local disk. */
  examplesFolder(model: ServableName): string | undefined;
}

const ENDING = '.json';
const LABEL_FOLDERS = ['assets', 'assets.extra'] as const;

export function createPlayModelFiles(deps: {
  readonly registry: FileSystemRegistry;
  /** Undefined for a model that is not served. */
  readonly basePath: (model: ServableName) => string | undefined;
}): PlayModelFiles {
  function baseOf(model: ServableName): { readonly fileSystem: FileSystem; readonly path: string } {
    const basePath = deps.basePath(model);
    if (basePath === undefined) throw new ServingError('NOT_FOUND', `no model named "${model}" is served`);
    return deps.registry.resolve(basePath);
  }

  return {
    async examples(model, signal) {
      const { fileSystem, path } = baseOf(model);
      const folder = fileSystem.join(path, EXAMPLES_FOLDER);
      const entries = await listOrNothing(fileSystem, folder, signal);
      const files = entries.filter(({ kind, name }) => kind === 'file' && name.endsWith(ENDING) && name !== ENDING);
      const found = await Promise.all(
        files.slice(0, PLAY_LIMITS.maxPresets).map(async ({ name }) => ({
          name: name.slice(0, -ENDING.length),
          sizeBytes: (await fileSystem.stat(fileSystem.join(folder, name), signal)).sizeBytes,
        })),
      );
      return found.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
    },

    async readExample(model, name, signal) {
      const { fileSystem, path } = baseOf(model);
      const folder = fileSystem.join(path, EXAMPLES_FOLDER);
      // By the listing, so that no name leads out of the folder.
      const entries = await listOrNothing(fileSystem, folder, signal);
      const entry = entries.find((each) => each.kind === 'file' && each.name === `${name}${ENDING}`);
      if (!entry) throw new ServingError('NOT_FOUND', `there is no example "${name}" in the folder of "${model}"`);
      return readText(fileSystem, fileSystem.join(folder, entry.name), PLAY_LIMITS.maxBodyBytes, signal);
    },

    async labels(model, version, signal) {
      const { fileSystem, path } = baseOf(model);
      const top = await listOrNothing(fileSystem, path, signal);
      const folder = top.find(
        ({ kind, name }) => kind === 'directory' && version !== undefined && parseServableVersion(name) === version,
      );
      const places: string[][] = [];
      if (folder) {
        places.push([folder.name]);
        const inside = await listOrNothing(fileSystem, fileSystem.join(path, folder.name), signal);
        for (const assets of LABEL_FOLDERS)
          if (inside.some(({ kind, name }) => kind === 'directory' && name === assets))
            places.push([folder.name, assets]);
      }
      places.push([]);
      for (const place of places) {
        const directory = place.length === 0 ? path : fileSystem.join(path, ...place);
        const entries = place.length === 0 ? top : await listOrNothing(fileSystem, directory, signal);
        const file = LABEL_FILES.find((name) => entries.some((entry) => entry.kind === 'file' && entry.name === name));
        if (file === undefined) continue;
        const text = await readText(fileSystem, fileSystem.join(directory, file), PLAY_LIMITS.maxLabelsBytes, signal);
        return { text, file: [...place, file].join('/') };
      }
      return undefined;
    },

    examplesFolder(model) {
      const { fileSystem, path } = baseOf(model);
      return fileSystem.scheme === 'file' ? fileSystem.join(path, EXAMPLES_FOLDER) : undefined;
    },
  };
}

/** Most models have no such folder. */
async function listOrNothing(
  fileSystem: FileSystem,
  directory: string,
  signal: AbortSignal,
): Promise<readonly DirectoryEntry[]> {
  try {
    return await fileSystem.list(directory, signal);
  } catch (error) {
    if (error instanceof ServingError && error.code === 'NOT_FOUND') return [];
    throw error;
  }
}

async function readText(fileSystem: FileSystem, path: string, maxBytes: number, signal: AbortSignal): Promise<string> {
  await using file = await fileSystem.open(path, signal);
  if (file.sizeBytes > maxBytes)
    throw new ServingError(
      'INVALID_ARGUMENT',
      `the file has ${file.sizeBytes} bytes; at most ${maxBytes} can be read here`,
    );
  return new TextDecoder().decode(await file.read(0, file.sizeBytes));
}

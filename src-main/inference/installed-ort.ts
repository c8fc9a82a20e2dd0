import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { ServingError } from '../contracts/serving-error.ts';
import { versionProblem } from './protocol/ort-version.ts';

/**
 * Checks that an onnxruntime-node that will do is installed, without loading it: a worker would find out no earlier than
 * with its first model.
 * @param from file or `file:` URL of the code that needs it; where packages are looked for begins there.
 * @throws ServingError FAILED_PRECONDITION with the installed and the needed version.
 */
export async function checkInstalledOrt(from: string | URL = import.meta.url): Promise<void> {
  const problem = versionProblem(await installedVersion(from));
  if (problem !== undefined) throw new ServingError('FAILED_PRECONDITION', problem);
}

async function installedVersion(from: string | URL): Promise<string> {
  try {
    const file = createRequire(from).resolve('onnxruntime-node/package.json');
    const content: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof content === 'object' && content !== null && 'version' in content) return String(content.version);
  } catch (cause) {
    throw new ServingError('FAILED_PRECONDITION', 'onnxruntime-node is not installed; run npm install', { cause });
  }
  return 'of unknown version';
}

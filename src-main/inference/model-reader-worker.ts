import { parentPort, workerData } from 'node:worker_threads';
import { asServingError } from '../contracts/serving-error.ts';
import { checksumsOf, findModel, openRegularFile } from './model-reader-files.ts';
import { ModelReaderJob, type ModelReaderMessage } from './model-reader-protocol.ts';
import { encodeGraph } from './onnx-model/encode-graph.ts';
import { readOnnxGraph } from './onnx-model/read-onnx-graph.ts';

/** The thread that reads one version's files, once: a file can be made so that this takes long, or all memory. */
if (!parentPort) throw new Error('this file runs in a worker thread');
const port = parentPort;

async function graphOf(location: string): Promise<ModelReaderMessage> {
  const { path, name } = findModel(location);
  using file = openRegularFile(path, name);
  return { kind: 'graph', json: encodeGraph(await readOnnxGraph(file.access, name), name) };
}

async function answer(job: ModelReaderJob): Promise<ModelReaderMessage> {
  return job.kind === 'graph'
    ? graphOf(job.location)
    : { kind: 'checksums', sums: await checksumsOf(job.folder, job.files) };
}

const message = await answer(ModelReaderJob.parse(workerData)).catch((error: unknown): ModelReaderMessage => {
  const { code, message: words } = asServingError(error);
  return { kind: 'failed', code, message: words };
});
port.postMessage(message, message.kind === 'graph' ? [message.json.buffer] : []);

/**
 * A worker process that misbehaves. What it does is named by the environment variable FAKE_WORKER:
 * - `exit`: ends with exit code 3 before it connects;
 * - `hang`: never connects;
 * - `silent`: connects and greets, but is never ready;
 * - `unfit`: says that it cannot work;
 * - `abort`: dies by SIGABRT in its first load;
 * - `garbage`: answers its first load with bytes that are no frame;
 * - `stuck`: loads, and then neither answers nor ends;
 * - `warm-up`: says that its first load runs a warm-up request, as the marker does where it is the only load, and then
 *   nothing more;
 * - `stuck later`: answers the first request, whose run took 5 ms, and no other.
 * By how many bytes a load made it grow is said by FAKE_GROWN_BYTES; default 0.
 */
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { FRAME, FRAME_HEADER_BYTES, FrameReader, FrameWriter } from '../protocol/frames.ts';
import { decodeMessage, encodeMessage } from '../protocol/encoding.ts';
import { MainMessage } from '../protocol/main-message.ts';
import { takeWorkerEnvironment } from '../protocol/worker-environment.ts';
import type { Hello, WorkerMessage } from '../protocol/worker-message.ts';

const INFO = {
  platform: 'onnx',
  signature: { inputs: [], outputs: [] },
  irVersion: '8',
  opsets: [],
  producer: '',
  graphName: '',
  description: '',
  metadata: {},
  unsupportedOutputs: [],
  batching: { enabled: false, reason: '' },
  sizeBytes: 0,
} as const;

const ROWS = { batchRows: 1, rows: 1, runRows: 1, paddingRows: 0 };

const behaviour = process.env['FAKE_WORKER'];
const grownBytes = Number(process.env['FAKE_GROWN_BYTES'] ?? 0);
process.stderr.write(`fake worker: ${behaviour}\n`);
if (behaviour === 'exit') process.exit(3);

const { socket: address, workerId, token, marker } = takeWorkerEnvironment(process.env);
if (behaviour === 'hang') setInterval(() => undefined, 1000);
else serve();

function serve(): void {
  const socket = connect(address);
  const writer = new FrameWriter(socket);
  const send = (message: Hello | WorkerMessage): void => {
    const payload = encodeMessage(message);
    writer.add(FRAME.control, 0, 0, [payload], payload.length);
    writer.flush();
  };
  let answers = behaviour === 'stuck later' ? 1 : 0;
  const reader = new FrameReader((type, requestId, modelHandle, payload) => {
    if (type === FRAME.request && answers > 0) {
      answers -= 1;
      writer.addResult(requestId, modelHandle, { queueMs: 0, runMs: 5, ...ROWS, body: Buffer.from('{}') });
      writer.flush();
    }
    const message = type === FRAME.control ? decodeMessage(MainMessage, payload) : undefined;
    if (message?.kind !== 'load') return;
    const { handle } = message;
    if (behaviour === 'abort') process.abort();
    if (behaviour === 'garbage') socket.write(Buffer.alloc(FRAME_HEADER_BYTES, 0xff));
    if (behaviour === 'warm-up') {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(handle);
      if (handle === 1) writeFileSync(marker, bytes);
      send({ kind: 'warmingUp', handle });
    }
    if (behaviour?.startsWith('stuck'))
      send({ kind: 'loaded', handle, info: INFO, loadMs: 1, rssBytes: 1, grownBytes });
  });
  socket.on('data', (chunk: Buffer) => reader.push(chunk, false));
  send({ kind: 'hello', workerId, token });
  if (behaviour === 'unfit') send({ kind: 'unfit', reason: 'this library is too old' });
  else if (behaviour !== 'silent') send({ kind: 'ready', runtimeVersion: '0', rssBytes: 1 });
}

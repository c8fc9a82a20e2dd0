/**
 * The obvious server without an architecture: `node:http`, `JSON.parse`, a copy into a Float32Array, a session that runs on
 * the same thread, `JSON.stringify`. Takes the model's path and the dims of one instance as arguments.
 */
import { createServer } from 'node:http';
import { z } from 'zod';

process.env['ORT_DISABLE_TELEMETRY'] = '1';
const { InferenceSession, Tensor } = await import('onnxruntime-node');

const [modelPath = '', instanceDims = ''] = process.argv.slice(2);
const dims = instanceDims === '' ? [] : instanceDims.split('x').map(Number);
const elements = dims.reduce((product, dim) => product * dim, 1);
const session = await InferenceSession.create(modelPath, { extra: { session: { intra_op: { allow_spinning: '0' } } } });
const inputName = session.inputNames[0] ?? '';
const outputName = session.outputNames[0] ?? '';
const Body = z.object({ instances: z.array(z.unknown()) });

function copyInto(target: Float32Array, value: unknown, offset: number): number {
  if (typeof value === 'number') {
    target[offset] = value;
    return offset + 1;
  }
  if (!Array.isArray(value)) throw new Error('not a tensor');
  let next = offset;
  for (const item of value) next = copyInto(target, item, next);
  return next;
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    void (async () => {
      const { instances } = Body.parse(JSON.parse(Buffer.concat(chunks).toString()));
      const data = new Float32Array(instances.length * elements);
      copyInto(data, instances, 0);
      const outputs = await session.run({ [inputName]: new Tensor('float32', data, [instances.length, ...dims]) });
      const values = outputs[outputName]?.data;
      const predictions = values instanceof Float32Array ? Array.from(values) : [];
      const body = Buffer.from(JSON.stringify({ predictions }));
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
      response.end(body);
    })();
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ ready: true, restUrl: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` });
});
process.once('disconnect', () => process.exit(0));

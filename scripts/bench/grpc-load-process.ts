/**
 * Load for a gRPC server, in a process of its own. Each message of the parent names an address, the request's bytes as
 * base64, how many calls are to be open at a time, on how many connections, and for how long; the answer is the number of
 * calls that were answered, the last response as base64, or the first error.
 */
import { Client, credentials } from '@grpc/grpc-js';
import { z } from 'zod';
import { PREDICT } from './grpc-messages.ts';

const Order = z.object({
  address: z.string(),
  request: z.base64(),
  concurrent: z.number().int().positive(),
  connections: z.number().int().positive(),
  seconds: z.number().positive(),
});
const bytes = (message: Buffer): Buffer => message;
const DEADLINE_MS = 30_000;

process.on('message', (message: unknown) => {
  void run(Order.parse(message)).then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.send?.({ ready: true });

async function run({ address, request, concurrent, connections, seconds }: z.infer<typeof Order>) {
  const body = Buffer.from(request, 'base64');
  const clients = Array.from(
    { length: connections },
    () => new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 }),
  );
  await Promise.all(
    clients.map(
      (client) =>
        new Promise<void>((resolve, reject) => {
          client.waitForReady(Date.now() + DEADLINE_MS, (error) => (error ? reject(error) : resolve()));
        }),
    ),
  );
  const start = performance.now();
  const endMs = start + seconds * 1000;
  let answered = 0;
  let response: Buffer = Buffer.alloc(0);
  await Promise.all(
    Array.from({ length: concurrent }, (_, index) => {
      const client = clients[index % connections];
      return new Promise<void>((resolve, reject) => {
        const next = (): void => {
          client?.makeUnaryRequest(PREDICT, bytes, bytes, body, (error, value) => {
            if (error) {
              reject(error);
              return;
            }
            answered += 1;
            if (value) response = value;
            if (performance.now() < endMs) next();
            else resolve();
          });
        };
        next();
      });
    }),
  );
  const perSecond = (answered / (performance.now() - start)) * 1000;
  for (const client of clients) client.close();
  return { perSecond, response: response.toString('base64') };
}

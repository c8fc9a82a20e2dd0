/**
 * The S3 server of the tests in a process of its own, so that what it costs is nobody else's. Everybody may read; bytes of
 * large objects cost no memory. Argument: bytes per second that each connection gets, or nothing for no limit.
 * Answers each message: objects are put, or it is told what was asked for since the last time.
 */
import { z } from 'zod';
import { type ObjectBody, PIECE_BYTES } from '../s3-server/object-store.ts';
import { startS3Server } from '../s3-server/s3-server.ts';

const Message = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('put'),
    bucket: z.string(),
    key: z.string(),
    sizeBytes: z.int(),
    checksum: z.enum(['CRC32', 'CRC64NVME']),
  }),
  z.object({ kind: z.literal('putBytes'), bucket: z.string(), key: z.string(), base64: z.string() }),
  z.object({ kind: z.literal('putMany'), bucket: z.string(), prefix: z.string(), count: z.int() }),
  z.object({ kind: z.literal('traffic') }),
]);

const LONG_AGO_MS = Date.parse('2020-01-01T00:00:00Z');
/** A prime, so that parts of whatever size begin at different places of it. */
const PERIOD_BYTES = 1_048_573;

const pattern = new Uint8Array(PERIOD_BYTES + PIECE_BYTES);
for (let at = 0; at < pattern.length; at += 1) pattern[at] = Math.imul(at % PERIOD_BYTES, 2_654_435_761) >>> 24;

/** Bytes that are there already: making them would cost more than sending them. */
function repeatedBody(sizeBytes: number): ObjectBody {
  return {
    sizeBytes,
    slice(start, end) {
      const from = start % PERIOD_BYTES;
      return pattern.subarray(from, from + end - start);
    },
  };
}

const [rate = ''] = process.argv.slice(2);
const server = await startS3Server({
  anonymous: [{}],
  ...(rate === '' ? {} : { bytesPerSecondPerConnection: Number(rate) }),
});

process.on('message', (received: unknown) => {
  const message = Message.parse(received);
  const modifiedMs = LONG_AGO_MS;
  switch (message.kind) {
    case 'put': {
      const { bucket, key, sizeBytes, checksum } = message;
      server.put(bucket, key, repeatedBody(sizeBytes), { checksum, modifiedMs });
      break;
    }
    case 'putBytes':
      server.put(message.bucket, message.key, Buffer.from(message.base64, 'base64'), { modifiedMs });
      break;
    case 'putMany':
      for (let index = 0; index < message.count; index += 1) {
        const key = `${message.prefix}shard-${String(index).padStart(6, '0')}.bin`;
        server.put(message.bucket, key, `${index}`, { modifiedMs });
      }
      break;
    case 'traffic': {
      const reads = server.requests.filter(({ operation }) => operation === 'GetObject');
      const bytes = reads.reduce((total, { bytesSent }) => total + bytesSent, 0);
      process.send?.({ requests: server.requests.length, reads: reads.length, readBytes: bytes });
      server.clearRequests();
      return;
    }
    default:
      message satisfies never;
  }
  process.send?.({});
});
process.once('disconnect', () => process.exit(0));
process.send?.({ ready: true, restUrl: server.url });

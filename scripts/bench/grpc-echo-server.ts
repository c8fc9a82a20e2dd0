/** The yardstick: a bare @grpc/grpc-js server that sends each message back as it came, without reading it. */
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { PREDICT } from './grpc-messages.ts';

const bytes = (message: Buffer): Buffer => message;
const server = new Server();
server.addService(
  {
    Predict: {
      path: PREDICT,
      requestStream: false,
      responseStream: false,
      requestSerialize: bytes,
      requestDeserialize: bytes,
      responseSerialize: bytes,
      responseDeserialize: bytes,
    },
  },
  {
    Predict(call: { readonly request: Buffer }, done: (error: null, response: Buffer) => void) {
      done(null, call.request);
    },
  },
);
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.send?.({ ready: true, grpcAddress: `127.0.0.1:${port}` });
});
process.once('disconnect', () => process.exit(0));

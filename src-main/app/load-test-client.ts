import { Agent as HttpAgent, request as httpRequest, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { OWN_CLIENTS } from '../contracts/request-outcome.ts';
import type { LoadTestJob } from './load-test-protocol.ts';
import type { LoadTestAnswer } from './load-test-tally.ts';

/** Of a failed answer, so many characters are read. */
const MAX_ERROR = 500;

/** Sends the same request again and again, over connections that stay open. */
export interface LoadTestClient {
  /** Never rejects. */
  send(): Promise<LoadTestAnswer>;
  /** Cuts all connections. */
  close(): void;
}

export function createLoadTestClient({ url, body, concurrency }: LoadTestJob): LoadTestClient {
  const isTls = new URL(url).protocol === 'https:';
  const agent = isTls
    ? // It is this very server, whatever name its certificate has.
      new HttpsAgent({ keepAlive: true, maxSockets: concurrency, rejectUnauthorized: false })
    : new HttpAgent({ keepAlive: true, maxSockets: concurrency });
  const bytes = Buffer.from(body);
  const options: RequestOptions = {
    method: 'POST',
    agent,
    headers: {
      'content-type': 'application/json',
      'content-length': bytes.byteLength,
      'user-agent': OWN_CLIENTS.loadTest,
    },
  };
  const start = isTls ? httpsRequest : httpRequest;

  return {
    send: () =>
      new Promise((done) => {
        const startedMs = performance.now();
        const request = start(url, options, (response) => {
          const status = response.statusCode ?? 0;
          let text = '';
          if (status >= 400) {
            response.setEncoding('utf8').on('data', (part: string) => {
              if (text.length < MAX_ERROR) text += part;
            });
          } else {
            response.resume();
          }
          response.on('end', () => {
            const durationMs = performance.now() - startedMs;
            done({ status, durationMs, ...(status >= 400 && { error: `${status}: ${text.slice(0, MAX_ERROR)}` }) });
          });
          response.on('error', (error) => done({ status: undefined, error: error.message }));
        });
        request.on('error', (error) => done({ status: undefined, error: error.message }));
        request.end(bytes);
      }),
    close: () => agent.destroy(),
  };
}

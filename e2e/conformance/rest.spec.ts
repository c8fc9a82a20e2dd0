import { expect } from '@playwright/test';
import { startSlipway, temporaryDirectory, type Slipway } from '../testing/slipway.ts';
import type { RestCase } from './rest-case.ts';
import { exchange, type Answer } from './rest-client.ts';
import { CONNECTIONS } from './rest-connections.ts';
import { BROKEN, writeConfiguration, writeConformanceModels } from './rest-models.ts';
import { CLASSIFY_REGRESS } from './rest-cases-classify.ts';
import { ELEMENT_TYPES } from './rest-cases-elements.ts';
import { HTTP } from './rest-cases-http.ts';
import { JSON_DIALECT } from './rest-cases-json.ts';
import { PREDICT_REQUESTS } from './rest-cases-predict.ts';
import { PREDICT_RESPONSES } from './rest-cases-response.ts';
import { ROUTES } from './rest-cases-routes.ts';
import { STATUS_AND_METADATA } from './rest-cases-status.ts';
import { test } from '../testing/test.ts';

const GROUPS = [
  ROUTES,
  JSON_DIALECT,
  PREDICT_REQUESTS,
  ELEMENT_TYPES,
  PREDICT_RESPONSES,
  CLASSIFY_REGRESS,
  STATUS_AND_METADATA,
  HTTP,
];

// No page takes part, and a trace for each of hundreds of requests would take most of the time.
test.use({ trace: 'off', screenshot: 'off' });

let server: Slipway;
let port: number;
const cleanUp = new AsyncDisposableStack();

test.beforeAll(async () => {
  const directory = cleanUp.use(await temporaryDirectory());
  const { config, serving } = await writeConformanceModels(directory.path);
  server = cleanUp.use(
    await startSlipway({
      dataDirectory: `${directory.path}/data`,
      flags: [
        `--model_config_file=${await writeConfiguration(directory.path, config)}`,
        '--port=0',
        '--max_num_load_retries=0',
        '--version_settle_millis=0',
        '--rest_api_enable_cors_support=true',
        '--rest_api_allowed_origins=https://app.example',
        '--rest_api_max_body_bytes=4000000',
      ],
    }),
  );
  port = Number(new URL(server.restUrl).port);
  for (const name of serving) {
    await server.untilStatus(name, (versions) => versions.every(({ state }) => state === 'AVAILABLE'));
  }
  await server.untilStatus(BROKEN, (versions) => versions.some(({ state }) => state === 'END'));
});

test.afterAll(() => cleanUp.disposeAsync());

for (const { title, cases } of GROUPS) {
  test.describe(title, () => {
    for (const each of cases) {
      const { deviation } = each;
      const annotation = deviation === undefined ? [] : [{ type: 'deviation', description: deviation }];
      test(`${each.name} [${each.upstream}]`, { annotation }, async () => {
        const [answer] = await exchange(port, requestBytes(each));
        check(answer, each);
      });
    }
  });
}

test.describe(CONNECTIONS.title, () => {
  for (const { name, upstream, send, answers, closes } of CONNECTIONS.cases) {
    test(`${name} [${upstream}]`, async () => {
      // One more than there are: only where the connection closes does that come to an end.
      const got = await exchange(port, Buffer.from(send(port), 'latin1'), answers.length + (closes ? 1 : 0));
      expect(got.map(({ status, body }) => ({ status, body }))).toEqual(
        answers.map(({ status, body }) => ({ status, body: body ?? expect.any(String) })),
      );
    });
  }
});

function requestBytes({ request, headers = [], body }: RestCase): Buffer {
  const bytes = Buffer.from(body ?? '');
  const lines = [
    `${request} HTTP/1.1`,
    ...(headers.some((line) => line.startsWith('Host:')) ? [] : [`Host: 127.0.0.1:${port}`]),
    ...headers,
    ...(body === undefined ? [] : [`Content-Length: ${bytes.length}`]),
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), bytes]);
}

function check(got: Answer | undefined, { status, answer, error, answerHeaders = {} }: RestCase): void {
  expect(got, 'an answer').toBeDefined();
  if (got === undefined) return;
  expect.soft(got.status, got.body.slice(0, 500)).toBe(status);
  if (typeof answer === 'string') expect.soft(got.body).toBe(answer);
  else if (answer instanceof RegExp) expect.soft(got.body).toMatch(answer);
  else if (answer !== undefined) expect.soft(JSON.parse(got.body)).toEqual(answer.json);
  if (error !== undefined) {
    const message = typeof error === 'string' ? error : expect.stringMatching(error);
    expect.soft(JSON.parse(got.body)).toEqual({ error: message });
    expect.soft(got.headers.get('content-type')).toBe('application/json');
  }
  for (const [name, wanted] of Object.entries(answerHeaders)) {
    if (wanted instanceof RegExp) expect.soft(got.headers.get(name)).toMatch(wanted);
    else expect.soft(got.headers.get(name)).toBe(wanted ?? undefined);
  }
}

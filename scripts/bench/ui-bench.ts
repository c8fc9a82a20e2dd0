import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Browser, BrowserContext, Page } from '@playwright/test';
import { affineModel } from '../samples/sample-models.ts';
import { median, requestsPerSecond } from './load.ts';
import type { Line } from './report.ts';
import { startServer, type ServerProcess } from './server-process.ts';
import { repositoryPath } from './slipway-process.ts';
import { uiMessages } from './ui-messages.ts';
import { frames, type Frames, signedIn, startBrowser, timeToShow, usedHeap } from './ui-page.ts';

const ROUNDS = 15;
const MOST_OF_BARE_PAGE = 1.5;
const MOST_START_BYTES = 600_000;
const MOST_FRAME_MS = 16;

const MODELS = 1000;
const LEAST_EVENTS_PER_SECOND = 200;
/** Each fails again and again, which is what makes the events. */
const FAILING = 100;
const RETRY_MS = 800;
const FRAMES_MS = 15_000;
const MEMORY_MINUTES = 10;
const MOST_GROWTH_PERCENT = 10;

const LOG_LINES = 100_000;
const LOGGING_MODELS = 400;
const LOGGING_RETRIES = 150;
const REQUESTS = 50_000;
/** A log that still grows after so long is measured as it is. */
const LINES_WITHIN_MS = 240_000;
const SCROLL_MS = 8_000;
/** Pixels at each frame: a wheel that is spun, 6000 a second. */
const SCROLL_STEP = 100;

const MODEL = affineModel({ scale: 0.5, offset: 3 });

/** The user interface in the tests' browser: its first screen, a thousand live models, and the longest lists. */
export async function uiBench(): Promise<readonly Line[]> {
  const browser = await startBrowser();
  try {
    return [...(await firstScreen(browser)), ...(await manyModels(browser)), ...(await longLists(browser))];
  } finally {
    await browser.close();
  }
}

/** A server with the sample models, besides those of a folder. */
async function startSlipway(directory: string, flags: readonly string[] = []): Promise<ServerProcess> {
  const own = [`--data_dir=${join(directory, 'data')}`, '--rest_api_port=0', '--port=0', '--ui_port=0'];
  // Its log is a part of what is looked at, and far too long for a terminal.
  return startServer(repositoryPath('out/main/headless.js'), [...own, ...flags], [], {}, 'ignore');
}

async function inFolder<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/**
 * Time to the first row of the list of models, beside a page that loads the same files and runs none of them, and beside one
 * that runs them too and draws nothing but a heading.
 */
async function firstScreen(browser: Browser): Promise<readonly Line[]> {
  return inFolder(async (directory) => {
    await using server = await startSlipway(directory);
    await using profile = await signedIn(browser, server.signInUrl);
    const origin = new URL(server.signInUrl).origin;
    const ownPage = () => timeToShow(browser, profile, `${origin}/#/models`, '[data-model]');
    const { urls } = await ownPage();
    const files = urls.filter((url) => /\.(?:js|css)$/u.test(url));
    await using barePage = await serveBarePage(files, false);
    await using runningPage = await serveBarePage(files, true);
    // What else the machine does can only add to a time, and does so to some rounds: the fastest says the most.
    let [own, bare, running] = [Infinity, Infinity, Infinity];
    for (let round = 0; round < ROUNDS; round += 1) {
      own = Math.min(own, (await ownPage()).ms);
      bare = Math.min(bare, (await timeToShow(browser, profile, barePage.url, 'h1')).ms);
      running = Math.min(running, (await timeToShow(browser, profile, runningPage.url, 'h1')).ms);
    }
    const bytes = await Promise.all(files.filter((url) => url.endsWith('.js')).map(gzippedBytes));
    const onDemand = files.filter((url) => /elk|graph|code-editor|playground/u.test(url));
    return [
      {
        what: 'first screen usable / a bare page that loads the same files',
        value: own / bare,
        unit: 'x',
        limit: { at: 'most', value: MOST_OF_BARE_PAGE },
        detail: `${own.toFixed(0)} / ${bare.toFixed(0)} ms, each the fastest of ${ROUNDS} rounds in turn, empty caches`,
      },
      {
        what: 'the same / a bare page that runs the same files and draws nothing of them',
        value: own / running,
        unit: 'x',
        limit: { at: 'most', value: MOST_OF_BARE_PAGE },
        detail: `${own.toFixed(0)} / ${running.toFixed(0)} ms`,
      },
      {
        what: 'JavaScript at the start, gzipped',
        value: bytes.reduce((sum, each) => sum + each, 0) / 1000,
        unit: 'KB',
        limit: { at: 'most', value: MOST_START_BYTES / 1000 },
        detail: `${bytes.length} files, of ${onDemand.length} parts that are to be loaded on demand`,
      },
    ];
  });
}

/** The file of the build that an address of the user interface gives. */
function builtFile(url: string): string {
  return repositoryPath(join('out/renderer', new URL(url).pathname));
}

async function gzippedBytes(url: string): Promise<number> {
  return gzipSync(await readFile(builtFile(url))).byteLength;
}

/**
 * A server of one page that fetches and compiles the same files and shows a heading when it has all of them.
 * @param runs whether their scripts are run before that: without an element to draw in, they end with an error there.
 */
async function serveBarePage(
  urls: readonly string[],
  runs: boolean,
): Promise<AsyncDisposable & { readonly url: string }> {
  const bodies = new Map(
    await Promise.all(urls.map(async (url) => [new URL(url).pathname, await readFile(builtFile(url))] as const)),
  );
  const scriptOf = (path: string): string =>
    runs ? `<script type="module" src="${path}"></script>` : `<link rel="modulepreload" href="${path}">`;
  const links = [...bodies.keys()].map((path) =>
    path.endsWith('.css') ? `<link rel="stylesheet" href="${path}">` : scriptOf(path),
  );
  const page = `<!doctype html><title>bare</title>${links.join('')}<body><script>
    addEventListener('load', () => { document.body.append(Object.assign(document.createElement('h1'), { textContent: 'ready' })); });
  </script>`;
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const body = bodies.get(path);
    const type = extname(path) === '.css' ? 'text/css' : extname(path) === '.js' ? 'text/javascript' : 'text/html';
    response.writeHead(path === '/' || body ? 200 : 404, { 'content-type': type }).end(body ?? page);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return {
    url: `http://127.0.0.1:${address.port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A broken file would wait for another; what is missing, and has been for a while, is looked for again and again. */
async function withoutModel(folder: string): Promise<void> {
  const notes = join(folder, 'notes.txt');
  await writeFile(notes, '');
  for (const path of [notes, folder]) await utimes(path, 0, 0);
}

/** Writes models of which the first `failing` do not load, and the configuration that serves them all. @returns its path. */
async function writeModels(directory: string, count: number, failing: number): Promise<string> {
  const names = Array.from({ length: count }, (_, index) => `model-${index + 1}`);
  for (const [index, name] of names.entries()) {
    const folder = join(directory, 'models', name, '1');
    await mkdir(folder, { recursive: true });
    if (index < failing) await withoutModel(folder);
    else await writeFile(join(folder, 'model.onnx'), MODEL);
  }
  const entries = names.map(
    (name) => `config { name: "${name}" base_path: ${JSON.stringify(join(directory, 'models', name))} }`,
  );
  const file = join(directory, 'models.conf');
  await writeFile(file, `model_config_list { ${entries.join('\n')} }`);
  return file;
}

interface EventCount extends AsyncDisposable {
  /** Events of models told since the start. */
  readonly soFar: () => number;
}

/** Counts from the snapshot on. */
async function countEvents(context: BrowserContext, origin: string): Promise<EventCount> {
  const ended = new AbortController();
  const messages = uiMessages(context, origin, ended.signal);
  await messages.next();
  let events = 0;
  const reading = (async () => {
    for await (const message of messages) {
      if (message.kind === 'models') for (const { news } of message.models) events += news.length;
    }
  })().catch((error: unknown) => {
    if (!ended.signal.aborted) throw error;
  });
  return {
    soFar: () => events,
    async [Symbol.asyncDispose]() {
      ended.abort();
      await reading;
    },
  };
}

async function manyModels(browser: Browser): Promise<readonly Line[]> {
  return inFolder(async (directory) => {
    const file = await writeModels(directory, MODELS, FAILING);
    await using server = await startSlipway(directory, [
      `--model_config_file=${file}`,
      '--max_num_load_retries=1000000',
      `--load_retry_interval_micros=${RETRY_MS * 1000}`,
    ]);
    await using context = await signedIn(browser, server.signInUrl);
    const page = await context.newPage();
    await page.goto(new URL('/#/models', server.signInUrl).href);
    await page.getByText(`${MODELS - FAILING} available`).waitFor();

    await using told = await countEvents(context, new URL(server.signInUrl).origin);
    const startMs = performance.now();
    const shown = await frames(browser, page, () => delay(FRAMES_MS));
    const scrolled = await frames(browser, page, () => scroll(page, 'Models'));
    const heaps: number[] = [];
    for (let minute = 0; minute < MEMORY_MINUTES; minute += 1) {
      await delay(60_000);
      heaps.push(await usedHeap(page));
    }
    const events = told.soFar() / ((performance.now() - startMs) / 1000);
    const third = Math.floor(heaps.length / 3);
    const early = median(heaps.slice(0, third));
    const late = median(heaps.slice(-third));
    const what = `${MODELS} models and ${Math.round(events)} events per second`;
    return [
      {
        what: 'events per second that are told meanwhile',
        value: events,
        unit: '',
        limit: { at: 'least', value: LEAST_EVENTS_PER_SECOND },
        detail: `${FAILING} of ${MODELS} models fail to load again and again`,
      },
      frameLine(`${what}: work for a frame, p95`, shown),
      frameLine(`${what}, the list scrolled: work for a frame, p95`, scrolled),
      {
        what: `${what}: growth of the page's objects in ${MEMORY_MINUTES} minutes`,
        value: (100 * (late - early)) / early,
        unit: '%',
        limit: { at: 'most', value: MOST_GROWTH_PERCENT },
        detail: heaps.map((bytes) => (bytes / 1e6).toFixed(1)).join(' ') + ' MB, each minute',
      },
    ];
  });
}

function frameLine(what: string, { busyP95Ms, intervalP95Ms, longestMs, count }: Frames): Line {
  return {
    what,
    value: busyP95Ms,
    unit: 'ms',
    limit: { at: 'most', value: MOST_FRAME_MS },
    detail: `${count} frames; from one to the next p95 ${intervalP95Ms.toFixed(1)} ms, longest ${longestMs.toFixed(0)} ms`,
  };
}

/** Scrolls a list down and up again, a step at each frame. */
async function scroll(page: Page, grid: string): Promise<void> {
  const list = page.getByRole('grid', { name: grid });
  await list.waitFor();
  await list.evaluate(
    async (start, { forMs, step }) => {
      let scroller: Element | null = start;
      while (scroller && scroller.scrollHeight <= scroller.clientHeight + 1) scroller = scroller.parentElement;
      if (!scroller) throw new Error('the list has nothing to scroll');
      const endMs = performance.now() + forMs;
      let direction = -1;
      while (performance.now() < endMs) {
        const { scrollTop, scrollHeight, clientHeight } = scroller;
        if (scrollTop <= 0) direction = 1;
        else if (scrollTop + clientHeight >= scrollHeight - 1) direction = -1;
        scroller.scrollTop += direction * step;
        await new Promise((done) => {
          requestAnimationFrame(done);
        });
      }
    },
    { forMs: SCROLL_MS, step: SCROLL_STEP },
  );
}

/** The log and the calls at their full length. */
async function longLists(browser: Browser): Promise<readonly Line[]> {
  return [await manyLines(browser), await manyRequests(browser)];
}

/** Made by models that are looked for again and again, and given up when there are enough lines: the server is quiet then. */
async function manyLines(browser: Browser): Promise<Line> {
  return inFolder(async (directory) => {
    const file = await writeModels(directory, LOGGING_MODELS, LOGGING_MODELS);
    await using server = await startSlipway(directory, [
      `--model_config_file=${file}`,
      `--max_num_load_retries=${LOGGING_RETRIES}`,
      '--load_retry_interval_micros=100000',
    ]);
    await using context = await signedIn(browser, server.signInUrl);
    await allLinesMade(context, new URL(server.signInUrl).origin);
    const page = await context.newPage();
    await page.goto(new URL('/#/logs', server.signInUrl).href);
    const lines = await readAll(page, 'Log lines', LOG_LINES);
    const scrolled = await frames(browser, page, () => scroll(page, 'Log lines'));
    return frameLine(`${lines} log lines scrolled: work for a frame, p95`, scrolled);
  });
}

/** Waits until the log grows no more. */
async function allLinesMade(context: BrowserContext, origin: string): Promise<void> {
  const lastLine = async (): Promise<number> => {
    for await (const message of uiMessages(context, origin)) {
      return message.kind === 'snapshot' ? (message.boards.logs?.lastLine ?? 0) : 0;
    }
    throw new Error('the event stream tells nothing');
  };
  const endMs = performance.now() + LINES_WITHIN_MS;
  let last = 0;
  while (performance.now() < endMs) {
    await delay(5000);
    const now = await lastLine();
    if (now === last && now > 0) return;
    last = now;
  }
}

/** Has the page read older rows until it has so many, or has all. @returns how many it has. */
async function readAll(page: Page, grid: string, wanted: number): Promise<number> {
  const list = page.getByRole('grid', { name: grid });
  await list.getByRole('row').nth(1).waitFor();
  return list.evaluate(
    async (element, { most, patienceMs }) => {
      const count = (): number => Number(element.getAttribute('aria-rowcount'));
      while (count() < most) {
        const before = count();
        const patience = AbortSignal.timeout(patienceMs);
        while (count() === before && !patience.aborted) {
          element.scrollTop = 0;
          await new Promise((done) => {
            requestAnimationFrame(done);
          });
        }
        if (count() === before) break;
      }
      return count();
    },
    { most: wanted, patienceMs: 5000 },
  );
}

/** The table has the newest, and gets the older ones as one scrolls to them: all of them are there when it is measured. */
async function manyRequests(browser: Browser): Promise<Line> {
  return inFolder(async (directory) => {
    const file = await writeModels(directory, 1, 0);
    await using server = await startSlipway(directory, [`--model_config_file=${file}`]);
    const url = `${server.url}/v1/models/model-1:predict`;
    const isServed = async (): Promise<boolean> =>
      (await fetch(url, { method: 'POST', body: '{"instances": [1]}' })).status === 200;
    while (!(await isServed())) await delay(100);
    let sent = 0;
    while (sent < REQUESTS) {
      const seconds = 5;
      sent += seconds * (await requestsPerSecond({ url, body: '{"instances": [1]}', connections: 16, seconds }));
    }
    await using context = await signedIn(browser, server.signInUrl);
    const page = await context.newPage();
    await page.goto(new URL('/#/traffic', server.signInUrl).href);
    const rows = await readAll(page, 'Requests', REQUESTS);
    const scrolled = await frames(browser, page, () => scroll(page, 'Requests'));
    return frameLine(`${rows} requests scrolled: work for a frame, p95`, scrolled);
  });
}

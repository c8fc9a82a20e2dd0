import { chromium, type Browser, type BrowserContext, type Page } from '@playwright/test';
import { z } from 'zod';
import { findChromium } from '../lib/find-chromium.ts';

/** As wide and high as a usual window. */
const VIEWPORT = { width: 1280, height: 800 };

/** Starts the browser that the tests use. @throws Error where there is none. */
export async function startBrowser(): Promise<Browser> {
  const found = findChromium();
  const asRoot = process.getuid?.() === 0;
  return chromium.launch({
    ...(found && { executablePath: found.path }),
    // Chromium's sandbox refuses to run as root. Memory is to be told in bytes and not in steps.
    args: [...(asRoot ? ['--no-sandbox'] : []), '--enable-precise-memory-info'],
  });
}

/** A server that makes a hundred thousand log lines meanwhile takes its time. */
const PATIENCE_MS = 300_000;

/** A browser profile that is signed in and has seen the welcome screen. */
export async function signedIn(browser: Browser, signInUrl: string): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: VIEWPORT });
  context.setDefaultTimeout(PATIENCE_MS);
  await context.addInitScript(() => localStorage.setItem('slipway.welcomed', 'yes'));
  const page = await context.newPage();
  await page.goto(signInUrl);
  await page.getByRole('main').waitFor();
  await page.close();
  return context;
}

const Seen = z.object({ ms: z.number(), urls: z.array(z.string()) });
const Answer = z.object({
  id: z.number(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
});
const Navigated = z.object({ errorText: z.string().optional() });
const Evaluated = z.object({ result: z.object({ value: Seen }) });

/**
 * How long it takes until the first such element of a page is on the screen, with empty caches. Tools that look into a page
 * have the browser record where in the scripts each of its steps is taken from, a quarter of the time of a large page: this
 * one is looked at only when all is over.
 * @param profile whose cookies the page has.
 * @returns milliseconds from the begin of the navigation, and the addresses of what the page has fetched.
 * @throws Error where the page cannot be opened, or has no such element within {@link PATIENCE_MS}.
 */
export async function timeToShow(
  browser: Browser,
  profile: BrowserContext,
  url: string,
  selector: string,
): Promise<z.infer<typeof Seen>> {
  const session = await browser.newBrowserCDPSession();
  const { browserContextId } = await session.send('Target.createBrowserContext');
  try {
    const cookies = (await profile.cookies()).map(({ name, value, domain, path }) => ({ name, value, domain, path }));
    await session.send('Storage.setCookies', { browserContextId, cookies });
    const target = await session.send('Target.createTarget', { url: 'about:blank', browserContextId, ...VIEWPORT });
    const { sessionId } = await session.send('Target.attachToTarget', target);
    const answers = new Map<number, (answer: z.infer<typeof Answer>) => void>();
    session.on('Target.receivedMessageFromTarget', ({ message }) => {
      const answer = Answer.safeParse(JSON.parse(message));
      if (answer.success) answers.get(answer.data.id)?.(answer.data);
    });
    const patience = AbortSignal.timeout(PATIENCE_MS);
    const ask = async (method: string, params: object): Promise<unknown> => {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      const id = answers.size + 1;
      answers.set(id, ({ result, error }) =>
        error ? reject(new Error(`${method} at ${url}: ${error.message}`)) : resolve(result),
      );
      patience.addEventListener('abort', () => reject(new Error(`${url} shows no "${selector}"`)));
      await session.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method, params }) });
      return promise;
    };
    await ask('Page.enable', {});
    await ask('Page.addScriptToEvaluateOnNewDocument', {
      source: `(${waitFor.toString()})(${JSON.stringify(selector)})`,
    });
    const { errorText } = Navigated.parse(await ask('Page.navigate', { url }));
    if (errorText !== undefined) throw new Error(`${url} cannot be opened: ${errorText}`);
    const expression = `(${whatWasSeen.toString()})()`;
    const seen = await ask('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    return Evaluated.parse(seen).result.value;
  } finally {
    await session.send('Target.disposeBrowserContext', { browserContextId });
    await session.detach();
  }
}

/** Runs in the page, before it does anything: leaves a mark when the first such element is on the screen. */
function waitFor(selector: string): void {
  const seen = new MutationObserver(() => {
    if (!document.querySelector(selector)) return;
    seen.disconnect();
    // The second frame after it came begins when the first one is on the screen.
    requestAnimationFrame(() => requestAnimationFrame(() => performance.mark('usable')));
  });
  seen.observe(document, { childList: true, subtree: true });
}

/** Runs in the page: waits for the mark. */
async function whatWasSeen(): Promise<z.infer<typeof Seen>> {
  const ms = await new Promise<number>((resolve) => {
    new PerformanceObserver((list) => {
      for (const { startTime } of list.getEntriesByName('usable')) resolve(startTime);
    }).observe({ type: 'mark', buffered: true });
  });
  return { ms, urls: performance.getEntriesByType('resource').map(({ name }) => name) };
}

/** What the page's main thread did in one stretch of time. */
export interface Frames {
  readonly count: number;
  /** Work between the starts of two frames that follow each other, at the 95th percentile, in milliseconds. */
  readonly busyP95Ms: number;
  /** Time from the start of a frame to that of the next, at the 95th percentile; 16.7 ms where none is left out. */
  readonly intervalP95Ms: number;
  /** The longest of those times. */
  readonly longestMs: number;
}

const TraceEvent = z.object({
  name: z.string(),
  ph: z.string(),
  pid: z.number(),
  tid: z.number(),
  /** Microseconds. */
  ts: z.number().default(0),
  dur: z.number().default(0),
});
type TraceEvent = z.infer<typeof TraceEvent>;
const Trace = z.object({ traceEvents: z.array(TraceEvent) });

/** Records what the page's main thread does while `during` goes on; the page asks for every frame meanwhile. */
export async function frames(browser: Browser, page: Page, during: () => Promise<unknown>): Promise<Frames> {
  const askForFrames = await page.evaluateHandle(() => {
    const asking = { on: true };
    const next = () => {
      if (asking.on) requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
    return asking;
  });
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline'] });
  try {
    await during();
  } finally {
    await askForFrames.evaluate((asking) => {
      asking.on = false;
    });
  }
  const { traceEvents } = Trace.parse(JSON.parse((await browser.stopTracing()).toString()));
  return framesOf(traceEvents);
}

/** The frames of the thread that drew most of them. */
function framesOf(events: readonly TraceEvent[]): Frames {
  const drawn = Map.groupBy(
    events.filter(({ name, ph }) => name === 'FireAnimationFrame' && ph === 'X'),
    ({ pid, tid }) => `${pid}/${tid}`,
  );
  const [thread, ofThread] = [...drawn].toSorted(([, left], [, right]) => right.length - left.length)[0] ?? [];
  if (thread === undefined || ofThread === undefined || ofThread.length < 2)
    throw new Error('the browser recorded no frames');
  const tasks = events
    .filter(({ name, ph, pid, tid }) => name.endsWith('RunTask') && ph === 'X' && `${pid}/${tid}` === thread)
    .toSorted((left, right) => left.ts - right.ts);
  const starts = startsOf(
    ofThread.map(({ ts }) => ts).toSorted((left, right) => left - right),
    tasks,
  );
  const busy: number[] = [];
  const intervals: number[] = [];
  let task = 0;
  for (const [index, start] of starts.entries()) {
    const end = starts[index + 1];
    if (end === undefined) break;
    let sum = 0;
    for (; (tasks[task]?.ts ?? Infinity) < end; task += 1) sum += tasks[task]?.dur ?? 0;
    busy.push(sum / 1000);
    intervals.push((end - start) / 1000);
  }
  return {
    count: starts.length,
    busyP95Ms: percentile(busy, 0.95),
    intervalP95Ms: percentile(intervals, 0.95),
    longestMs: Math.max(...intervals),
  };
}

/** All that asked for a frame are called in one task: the first of them is its start. @param calls in their order. */
function startsOf(calls: readonly number[], tasks: readonly TraceEvent[]): readonly number[] {
  const starts: number[] = [];
  let endOfTask = -Infinity;
  let task = 0;
  for (const call of calls) {
    if (call < endOfTask) continue;
    starts.push(call);
    for (; (tasks[task]?.ts ?? Infinity) <= call; task += 1)
      endOfTask = (tasks[task]?.ts ?? 0) + (tasks[task]?.dur ?? 0);
  }
  return starts;
}

/** The value that so large a share of them is not above. */
function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

const HeapUsage = z.object({ usedSize: z.number() });

/** Bytes of JavaScript objects that are in use after everything that can go has gone. */
export async function usedHeap(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  try {
    await session.send('HeapProfiler.collectGarbage');
    return HeapUsage.parse(await session.send('Runtime.getHeapUsage')).usedSize;
  } finally {
    await session.detach();
  }
}

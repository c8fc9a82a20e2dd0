import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { browserStreamPorts } from './browser-stream.ts';

/** Of either kind; what comes by it the test makes up. */
class FakeConnection extends EventTarget {
  readonly CLOSED = 2;
  readonly url: string;
  readyState = 1;
  constructor(url: string) {
    super();
    this.url = url;
  }
  close(): void {
    this.readyState = this.CLOSED;
  }
  brings(data: string): void {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
  breaks(): void {
    for (const type of ['error', 'close']) this.dispatchEvent(new Event(type));
  }
}

let sockets: FakeConnection[] = [];
let sources: FakeConnection[] = [];

beforeEach(() => {
  sockets = [];
  sources = [];
  const kept = (all: () => FakeConnection[]) =>
    class extends FakeConnection {
      constructor(url: string) {
        super(url);
        all().push(this);
      }
    };
  vi.stubGlobal(
    'WebSocket',
    kept(() => sockets),
  );
  vi.stubGlobal(
    'EventSource',
    kept(() => sources),
  );
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  window.slipwayEarlyStream = undefined;
});

function open() {
  const told: string[] = [];
  const stream = browserStreamPorts.open({
    onMessage: (data: string, arrivedMs?: number) => told.push(`${data} ${arrivedMs ?? 'now'}`),
    onError: () => told.push('error'),
  });
  return { told, stream };
}

describe('browserStreamPorts', () => {
  it('reads a WebSocket of the page’s own server', () => {
    const { told } = open();
    expect(sockets.map(({ url }) => url)).toEqual([`ws://${location.host}/ui/events`]);
    sockets[0]?.brings('a');
    sockets[0]?.breaks();
    expect(told).toEqual(['a now', 'error']);
    expect(sources).toEqual([]);
  });

  it('reads events where nothing comes by the WebSocket, and tries the WebSocket again the next time', () => {
    const { told } = open();
    sockets[0]?.breaks();
    expect(told).toEqual([]);
    expect(sources.map(({ url }) => url)).toEqual(['/ui/events']);
    sources[0]?.brings('a');
    sources[0]?.breaks();
    // The browser would open it again by itself.
    expect([told, sources[0]?.readyState]).toEqual([['a now', 'error'], 2]);
    open();
    expect([sockets.length, sources.length]).toEqual([2, 1]);
  });

  it('reads events where the WebSocket stays silent, which is closed then', () => {
    vi.useFakeTimers();
    const { told } = open();
    vi.advanceTimersByTime(9999);
    expect([sockets[0]?.readyState, sources.length]).toEqual([1, 0]);
    vi.advanceTimersByTime(1);
    expect([sockets[0]?.readyState, sources.length]).toEqual([2, 1]);
    sockets[0]?.brings('late');
    sockets[0]?.breaks();
    sources[0]?.brings('a');
    expect([told, sources.length]).toEqual([['a now'], 1]);
  });

  it.each([
    { when: 'something came by it', meanwhile: () => sockets[0]?.brings('a'), closes: false, left: 0 },
    { when: 'it has broken before', meanwhile: () => sockets[0]?.breaks(), closes: false, left: 1 },
    { when: 'it was closed', meanwhile: () => undefined, closes: true, left: 0 },
  ])('waits for nothing more where $when', ({ meanwhile, closes, left }) => {
    vi.useFakeTimers();
    const { stream } = open();
    meanwhile();
    if (closes) stream.close();
    expect(vi.getTimerCount()).toBe(0);
    expect(sources).toHaveLength(left);
  });

  it('tells of the loss where neither way works', () => {
    const { told } = open();
    sockets[0]?.breaks();
    sources[0]?.breaks();
    expect(told).toEqual(['error']);
  });

  it('tells nothing to who has closed it, whichever way it came', () => {
    const first = open();
    first.stream.close();
    sockets[0]?.brings('a');
    sockets[0]?.breaks();
    const second = open();
    sockets[1]?.breaks();
    second.stream.close();
    sources[0]?.brings('a');
    expect([first.told, second.told]).toEqual([[], []]);
    expect([sockets[0]?.readyState, sources.length, sources[0]?.readyState]).toEqual([2, 1, 2]);
  });
});

describe('the stream that was opened before there was a page', () => {
  /** As `boot.js` leaves it. */
  const early = ({ hasFailed, data }: { readonly hasFailed: boolean; readonly data: readonly string[] }) => {
    const socket = new FakeConnection('early');
    const messages = data.map((each, at) => ({ data: each, arrivedMs: at + 1 }));
    const letGo = vi.fn<() => void>();
    Object.assign(window, { slipwayEarlyStream: { socket, messages, hasFailed, letGo } });
    return { socket, letGo };
  };

  it('is taken over with all that came by it', async () => {
    const { socket, letGo } = early({ hasFailed: false, data: ['a', 'b'] });
    const { told } = open();
    expect([told, letGo.mock.calls.length]).toEqual([[], 1]);
    await Promise.resolve();
    socket.brings('c');
    expect(told).toEqual(['a 1', 'b 2', 'c now']);
    expect(sockets).toEqual([]);
    // Only once: the next one is a new one.
    expect(window.slipwayEarlyStream).toBeUndefined();
  });

  it('tells what went wrong before', async () => {
    early({ hasFailed: true, data: ['a', 'b'] });
    const { told } = open();
    await Promise.resolve();
    expect(told).toEqual(['a 1', 'b 2', 'error']);
  });

  it('gives way to events where it brought nothing', async () => {
    early({ hasFailed: true, data: [] });
    const { told } = open();
    await Promise.resolve();
    expect([told, sources.length]).toEqual([[], 1]);
  });

  it('tells nothing to who has closed it', async () => {
    const { socket } = early({ hasFailed: true, data: ['a'] });
    const { told, stream } = open();
    stream.close();
    await Promise.resolve();
    expect([told, socket.readyState]).toEqual([[], 2]);
  });
});

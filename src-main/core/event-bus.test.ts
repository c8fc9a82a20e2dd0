import { describe, expect, it, vi } from 'vitest';
import { type Logger, silentLogger } from '../contracts/logger.ts';
import { createEventBus } from './event-bus.ts';

interface Told {
  readonly what: string;
}

describe('event bus', () => {
  it('reaches every listener, in order of subscription, before publish returns', () => {
    const bus = createEventBus<Told>(silentLogger);
    const heard: string[] = [];
    bus.subscribe(({ what }) => heard.push(`first ${what}`));
    bus.subscribe(({ what }) => heard.push(`second ${what}`));

    bus.publish({ what: 'a' });
    bus.publish({ what: 'b' });

    expect(heard).toEqual(['first a', 'second a', 'first b', 'second b']);
  });

  it('tells a listener nothing after it unsubscribed, not even the event that is being delivered', () => {
    const bus = createEventBus<Told>(silentLogger);
    const heard: string[] = [];
    bus.subscribe(() => stop());
    const stop = bus.subscribe(({ what }) => heard.push(what));

    bus.publish({ what: 'a' });
    stop();
    bus.publish({ what: 'b' });

    expect(heard).toEqual([]);
  });

  it('tells a listener nothing of the event during which it subscribed', () => {
    const bus = createEventBus<Told>(silentLogger);
    const heard: string[] = [];
    const stop = bus.subscribe(() => {
      stop();
      bus.subscribe(({ what }) => heard.push(what));
    });

    bus.publish({ what: 'a' });
    bus.publish({ what: 'b' });

    expect(heard).toEqual(['b']);
  });

  it('counts the same function subscribed twice as two subscriptions', () => {
    const bus = createEventBus<Told>(silentLogger);
    const heard: string[] = [];
    const listen = ({ what }: Told): unknown => heard.push(what);
    const stop = bus.subscribe(listen);
    bus.subscribe(listen);

    bus.publish({ what: 'a' });
    stop();
    bus.publish({ what: 'b' });

    expect(heard).toEqual(['a', 'a', 'b']);
  });

  it('logs a listener that throws and goes on with the others', () => {
    const error = vi.fn<Logger['error']>();
    const bus = createEventBus<Told>({ ...silentLogger, error });
    const heard: string[] = [];
    const fault = new Error('listener fault');
    bus.subscribe(() => {
      throw fault;
    });
    bus.subscribe(({ what }) => heard.push(what));

    bus.publish({ what: 'a' });
    bus.publish({ what: 'b' });

    expect(heard).toEqual(['a', 'b']);
    expect(error).toHaveBeenCalledTimes(2);
    expect(error).toHaveBeenCalledWith({ error: fault }, expect.any(String));
  });

  it('delivers an event that a listener publishes after the current one, to all in the same order', () => {
    const bus = createEventBus<Told>(silentLogger);
    const heard: string[] = [];
    bus.subscribe(({ what }) => {
      heard.push(`first ${what}`);
      if (what === 'a') bus.publish({ what: 'b' });
    });
    bus.subscribe(({ what }) => heard.push(`second ${what}`));

    bus.publish({ what: 'a' });

    expect(heard).toEqual(['first a', 'second a', 'first b', 'second b']);
  });
});

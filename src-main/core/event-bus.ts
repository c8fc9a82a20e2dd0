import type { Logger } from '../contracts/logger.ts';

/** Tells any number of listeners what happened. Source: TensorFlow Serving util/event_bus.h. */
export interface EventBus<E> {
  /**
   * Calls every listener synchronously, in order of subscription. An event published by a listener is delivered after
   * the current one has reached all listeners, so everybody sees the same order. A listener that throws is logged and
   * does not stop the others.
   */
  publish(event: E): void;
  /** @returns a function that ends the subscription; after it returned, the listener is not called again. */
  subscribe(listener: (event: E) => void): () => void;
}

export function createEventBus<E extends object>(log: Logger): EventBus<E> {
  // Wrapped, so that one function subscribed twice is two subscriptions.
  const subscriptions = new Set<{ readonly listener: (event: E) => void }>();
  const queue: E[] = [];
  let delivering = false;

  return {
    publish(event) {
      queue.push(event);
      if (delivering) return;
      delivering = true;
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        // A copy: who subscribes now has seen what this event is about, and must not hear of it afterwards.
        for (const subscription of Array.from(subscriptions)) {
          if (!subscriptions.has(subscription)) continue;
          try {
            subscription.listener(next);
          } catch (error) {
            log.error({ error }, 'an event listener failed');
          }
        }
      }
      delivering = false;
    },
    subscribe(listener) {
      const subscription = { listener };
      subscriptions.add(subscription);
      return () => {
        subscriptions.delete(subscription);
      };
    },
  };
}

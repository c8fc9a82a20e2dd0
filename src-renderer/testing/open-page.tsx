import { configure, render } from '@testing-library/react';
import { App } from '../app.tsx';
import type { Services } from '../stores/services.tsx';
import { NOW_MS, snapshot } from './fixtures.ts';
import { fakeServices } from './services.ts';

// Parts of the page come when they are asked for, which on a busy machine takes longer than a query waits.
configure({ asyncUtilTimeout: 10_000 });

/** Opens the page at a route, connected, with these models. */
export function openPage(
  route: string,
  models: Parameters<typeof snapshot>[0],
  over: Partial<Services> & { readonly fetch?: typeof fetch } = {},
): Services {
  const services = fakeServices(over);
  services.server.getState().received(snapshot(models), NOW_MS);
  services.server.getState().connectionChanged({ phase: 'live', sinceMs: NOW_MS });
  window.location.hash = route;
  render(<App services={services} />);
  return services;
}

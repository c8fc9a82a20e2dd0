import { render } from '@testing-library/react';
import { App } from '../app.tsx';
import type { Services } from '../stores/services.tsx';
import { NOW_MS, snapshot } from './fixtures.ts';
import { fakeServices } from './services.ts';

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

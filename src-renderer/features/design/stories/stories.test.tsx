import { cleanup, render, screen, waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { App } from '../../../app.tsx';
import { fakeServices } from '../../../testing/services.ts';
import { STORIES } from './stories.ts';
import { SCREENS, STATES } from './story.ts';

afterEach(cleanup);

const all = SCREENS.flatMap((name) => STATES.filter((state) => STORIES[name][state]).map((state) => [name, state]));

// Whether each shows what it should is seen in a browser: there they are photographed.
describe('stories', () => {
  it('are told whatever the page itself is connected to, and stay where they are', async () => {
    window.location.hash = '/models';
    render(<App services={fakeServices()} />);
    window.location.hash = '/design/states/models/error';
    expect(await screen.findByText('models.conf, line 4: base_path is missing')).toBeTruthy();
    expect(window.location.hash).toBe('#/design/states/models/error');
  });

  it('are listed, each with its link', async () => {
    window.location.hash = '/design/states';
    render(<App services={fakeServices()} />);
    await waitFor(() => expect(screen.getAllByRole('link')).toHaveLength(all.length));
    expect(screen.getAllByText('never')).toHaveLength(SCREENS.length * STATES.length - all.length);
  });
});

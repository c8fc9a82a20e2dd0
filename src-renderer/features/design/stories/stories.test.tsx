import { cleanup, configure, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { App } from '../../../app.tsx';
import { fakeServices } from '../../../testing/services.ts';
import { SERVING_STATES } from './serving-stories.ts';
import { storyOf } from './stories.ts';
import { SCREENS, STATES } from './story.ts';

beforeAll(() => configure({ asyncUtilTimeout: 10_000 }));
afterEach(cleanup);

const cells = SCREENS.flatMap((name) => STATES.map((state) => `${name} ${state}`));
/** What a screen cannot be: Settings has everything at once. */
const NEVER = ['settings empty', 'settings loading'];

// Whether each shows what it should is seen in a browser: there they are photographed.
describe('stories', () => {
  it('are told whatever the page itself is connected to, and stay where they are', async () => {
    window.location.hash = '/models';
    render(<App services={fakeServices()} />);
    window.location.hash = '/design/states/models/error';
    expect(await screen.findByText('models.conf, line 4: base_path is missing')).toBeTruthy();
    expect(window.location.hash).toBe('#/design/states/models/error');
  });

  it.each(cells)('%s is told, unless the screen is never so', (cell) => {
    const [name = '', state = ''] = cell.split(' ');
    expect(storyOf(name, state) === undefined).toBe(NEVER.includes(cell));
  });

  it('are listed, each with its link', async () => {
    window.location.hash = '/design/states';
    render(<App services={fakeServices()} />);
    const stories = [
      ...cells.filter((cell) => !NEVER.includes(cell)),
      ...SERVING_STATES.map((state) => `serving ${state}`),
    ];
    await waitFor(() => expect(screen.getAllByRole('link').map(({ textContent }) => textContent)).toEqual(stories));
    expect(screen.getAllByText('never')).toHaveLength(NEVER.length);
  });
});

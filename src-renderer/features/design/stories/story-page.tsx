import type { ReactNode } from 'react';
import { useState } from 'react';
import { Router } from 'wouter';
import { memoryLocation } from 'wouter/memory-location';
import { ServicesProvider, useServices } from '../../../stores/services.tsx';
import { storyOf } from './stories.ts';
import type { Story } from './story.ts';
import { storyServices } from './story.ts';
import { StoryList } from './story-list.tsx';

/**
 * The whole window in one state of one screen, by `#/design/states/SCREEN/STATE`, without a server: what it would have said
 * is made up, and time stands still. Without such a state: the list of those that there are.
 * @param page is what the window shows, whatever its services and wherever it is.
 */
export function StoryPage({
  screen,
  state,
  page,
}: {
  readonly screen: string | undefined;
  readonly state: string | undefined;
  readonly page: ReactNode;
}) {
  const story = screen === undefined || state === undefined ? undefined : storyOf(screen, state);
  return story ? <Told key={`${screen}/${state}`} story={story} page={page} /> : <StoryList />;
}

function Told({ story, page }: { readonly story: Story; readonly page: ReactNode }) {
  const { appearance } = useServices();
  const [services] = useState(() => storyServices(story, appearance));
  const [{ hook, searchHook }] = useState(() => memoryLocation({ path: story.path }));
  return (
    <ServicesProvider services={services}>
      <Router hook={hook} searchHook={searchHook}>
        {page}
      </Router>
    </ServicesProvider>
  );
}

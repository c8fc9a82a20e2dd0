import type { BrowserContext } from '@playwright/test';
import { UiMessage } from '../../src-main/contracts/ui.ts';
import { UI_PATHS } from '../../src-main/contracts/ui-commands.ts';

/**
 * What the server tells a signed-in browser, by a stream beside the page's: the page has nothing to do with it. The first
 * message is the snapshot; to leave the loop ends the stream.
 * @throws Error when there is no stream, or something else comes in it; what `signal` is aborted with.
 */
export async function* uiMessages(
  context: BrowserContext,
  origin: string,
  signal?: AbortSignal,
): AsyncGenerator<UiMessage> {
  const cookie = (await context.cookies(origin)).map(({ name, value }) => `${name}=${value}`).join('; ');
  const response = await fetch(`${origin}${UI_PATHS.events}`, { headers: { cookie }, ...(signal && { signal }) });
  if (!response.ok || !response.body) throw new Error(`the event stream answers ${response.status}`);
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of response.body) {
    const lines = `${rest}${decoder.decode(bytes, { stream: true })}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('data: ')) yield UiMessage.parse(JSON.parse(line.slice('data: '.length)));
    }
  }
}

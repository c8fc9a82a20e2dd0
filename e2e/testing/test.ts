import { test as base, type BrowserContext, expect } from '@playwright/test';

/**
 * The `test` of every spec; the linter refuses another. Whatever the browser complains of in any page of the test fails it:
 * console errors and warnings, uncaught exceptions, unhandled rejections, and what the content security policy forbids.
 */
export const test = base.extend({
  async context({ context }, use) {
    const complaints = await watchComplaints(context);
    await use(context);
    expect(complaints, 'what the browser complained of').toEqual([]);
  },
});

/** That a server is gone, or refuses, is what some tests are about; the browser tells it before the page can say a word. */
const ABOUT_THE_SERVER =
  /Failed to load resource|^WebSocket connection to|ERR_CONNECTION|ERR_INCOMPLETE_CHUNKED_ENCODING/u;

/** Listens to the pages of a context. To be called before the first is opened. @returns complaints, which grow as they come. */
async function watchComplaints(context: BrowserContext): Promise<readonly string[]> {
  const complaints: string[] = [];
  context.on('weberror', (error) => complaints.push(error.error().message));
  context.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type()) || ABOUT_THE_SERVER.test(message.text())) return;
    complaints.push(message.text());
  });
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      reportError(new Error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`));
    });
  });
  return complaints;
}

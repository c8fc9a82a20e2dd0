/** Text of a page that stands alone: no assets, so that it can be shown to whoever is not signed in. */
export interface PlainPage {
  readonly title: string;
  readonly paragraphs: readonly string[];
  /** Goes to this path by itself, at once. */
  readonly continueTo?: string;
}

export const SIGN_IN_NEEDED: PlainPage = {
  title: 'Sign in to Slipway',
  paragraphs: [
    'This page belongs to the person who started Slipway on this computer.',
    'Open the new link that Slipway has just printed in its terminal, or use Slipway’s own window.',
  ],
};

export const LINK_NOT_VALID: PlainPage = {
  title: 'This link is no longer valid',
  paragraphs: [
    'A sign-in link works once and for a limited time.',
    'Open the new link that Slipway has just printed in its terminal, or use Slipway’s own window.',
  ],
};

export const NOT_BUILT: PlainPage = {
  title: 'The user interface is missing',
  paragraphs: ['Its files are not where Slipway looks for them. Run “npm run build”, then start Slipway again.'],
};

export const SIGNED_IN: PlainPage = {
  title: 'Signed in',
  paragraphs: ['Slipway opens.'],
  continueTo: '/',
};

export const NOT_FOUND: PlainPage = {
  title: 'Nothing is here',
  paragraphs: ['Slipway has no page at this address.'],
};

/** The page as HTML; its texts are escaped. @param nonce lets its style through the content security policy. */
export function renderPage({ title, paragraphs, continueTo }: PlainPage, nonce: string): string {
  const refresh = continueTo === undefined ? '' : `<meta http-equiv="refresh" content="0;url=${escape(continueTo)}">`;
  const link = continueTo === undefined ? '' : `<p><a href="${escape(continueTo)}">Continue</a></p>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,"><meta name="viewport" content="width=device-width, initial-scale=1">${refresh}<title>${escape(title)}</title>
<style nonce="${nonce}">body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto;padding:0 1.5rem}</style>
</head><body><main><h1>${escape(title)}</h1>${paragraphs.map((text) => `<p>${escape(text)}</p>`).join('')}${link}</main></body></html>
`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/gu, (character) => `&#${character.codePointAt(0) ?? 0};`);
}

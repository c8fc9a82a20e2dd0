// Runs before the first paint. Keys and values are those of theme/appearance.ts; the style sheet knows what they mean.
try {
  for (const name of ['theme', 'contrast', 'density', 'motion']) {
    const value = localStorage.getItem(`slipway.${name}`);
    if (value && /^(?:light|dark|more|compact|reduced)$/.test(value)) document.documentElement.dataset[name] = value;
  }
} catch {
  // Storage is blocked: the system's preferences stand.
}

// The server's first word is asked for while the page's own scripts still come; stores/event-stream.ts takes it over.
{
  const source = new EventSource('/ui/events');
  const listening = new AbortController();
  const { signal } = listening;
  /** @type {{ readonly data: string; readonly arrivedMs: number }[]} */
  const messages = [];
  const early = { source, messages, hasFailed: false, letGo: () => listening.abort() };
  const end = () => {
    source.close();
    early.hasFailed = true;
  };
  const take = ({ data }) => {
    messages.push({ data: String(data), arrivedMs: Date.now() });
    // Nobody takes it over: the rest of the page did not come.
    if (messages.length > 500) end();
  };
  source.addEventListener('message', take, { signal });
  source.addEventListener('error', end, { signal });
  Object.assign(window, { slipwayEarlyStream: early });
}

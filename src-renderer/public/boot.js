// Runs before the first paint. Keys and values are those of theme/appearance.ts; the style sheet knows what they mean.
try {
  for (const name of ['theme', 'contrast', 'density', 'motion']) {
    const value = localStorage.getItem(`slipway.${name}`);
    if (value && /^(?:light|dark|more|compact|reduced)$/.test(value)) document.documentElement.dataset[name] = value;
  }
} catch {
  // Storage is blocked: the system's preferences stand.
}

// The server's first word is asked for while the page's own scripts still come; stores/browser-stream.ts takes it over.
{
  const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/ui/events`);
  const listening = new AbortController();
  const { signal } = listening;
  /** @type {{ readonly data: string; readonly arrivedMs: number }[]} */
  const messages = [];
  const early = { socket, messages, hasFailed: false, letGo: () => listening.abort() };
  const end = () => {
    socket.close();
    early.hasFailed = true;
  };
  const take = ({ data }) => {
    messages.push({ data: String(data), arrivedMs: Date.now() });
    // Nobody takes it over: the rest of the page did not come.
    if (messages.length > 500) end();
  };
  socket.addEventListener('message', take, { signal });
  socket.addEventListener('close', end, { signal });
  Object.assign(window, { slipwayEarlyStream: early });
}

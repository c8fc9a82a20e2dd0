// Runs before the first paint. Keys and values are those of theme/appearance.ts; the style sheet knows what they mean.
try {
  for (const name of ['theme', 'contrast', 'density', 'motion']) {
    const value = localStorage.getItem(`slipway.${name}`);
    if (value && /^(?:light|dark|more|compact|reduced)$/.test(value)) document.documentElement.dataset[name] = value;
  }
} catch {
  // Storage is blocked: the system's preferences stand.
}

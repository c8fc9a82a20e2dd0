/** Addresses of what belongs to a model, for links and for the router. */

/** The page of a model: its versions over time. */
export const modelHref = (name: string): string => `/models/${encodeURIComponent(name)}`;

/** The page of a model with the preview of something done to a version; see `useAskedAction`. */
export const actionHref = (name: string, version: string, action: string): string =>
  `${modelHref(name)}/${version}?do=${action}`;

/** The playground for a model. */
export const playHref = (name: string, version?: string): string =>
  `/play?${new URLSearchParams({ model: name, ...(version === undefined ? {} : { version }) }).toString()}`;

/** The log of a model. */
export const logsHref = (name: string): string => `/logs?${new URLSearchParams({ model: name }).toString()}`;

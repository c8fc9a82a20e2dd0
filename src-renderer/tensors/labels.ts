/** Names of the classes of a classifier. */

/** From a file: one name per line, or a JSON list or object from number to name. Empty where there is none. */
export function parseLabels(text: string): readonly string[] {
  const trimmed = text.replace(/^\ufeff/u, '').trim();
  if (/^[[{]/u.test(trimmed)) {
    try {
      return fromValue(JSON.parse(trimmed));
    } catch {
      return fromPythonDict(trimmed);
    }
  }
  return trimmed === '' ? [] : trimmed.split(/\r?\n/u).map((line) => line.trim());
}

function fromValue(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(String);
  if (typeof value !== 'object' || value === null) return [];
  return fromEntries(Object.entries(value).map(([key, name]) => [key, String(name)]));
}

/** `{0: 'person', 1: 'bicycle'}`, as exporters of detectors write it. */
function fromPythonDict(text: string): readonly string[] {
  return fromEntries(
    [...text.matchAll(/(\d+)\s*:\s*(?:'([^']*)'|"([^"]*)")/gu)].map(([, key = '', single, double]) => [
      key,
      single ?? double ?? '',
    ]),
  );
}

function fromEntries(entries: readonly (readonly [string, string])[]): readonly string[] {
  const names: string[] = [];
  for (const [key, name] of entries) {
    const index = Number(key);
    if (!Number.isInteger(index) || index < 0 || index > 100_000) return [];
    names[index] = name;
  }
  return Array.from(names, (name, index) => name ?? `class ${index}`);
}

const METADATA_KEYS = ['names', 'labels', 'classes', 'class_names'] as const;

/** From what the model's file says of itself. */
export function labelsInMetadata(metadata: Readonly<Record<string, string>>): readonly string[] | undefined {
  for (const key of METADATA_KEYS) {
    const labels = parseLabels(metadata[key] ?? '');
    if (labels.length > 1) return labels;
  }
  return undefined;
}

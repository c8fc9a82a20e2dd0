/** One sample of Prometheus' text format. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly type: string;
  readonly samples: readonly Sample[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (\\S+)$`, 'u');
const COMMENT = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`, 'u');
const TYPES = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped']);

/**
 * Reads Prometheus' text format strictly.
 * @throws Error for a line that the format has not got, a family that comes twice or without a type, a sample outside its
 *   family or twice, and a histogram whose buckets do not ascend, are not cumulative or do not end with the count.
 */
export function parseExposition(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, { readonly type: string; readonly samples: Sample[] }>();
  const seen = new Set<string>();
  let current: string | undefined;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const comment = COMMENT.exec(line);
    if (comment) {
      const [, kind, name = '', rest = ''] = comment;
      if (kind === 'HELP') continue;
      if (!TYPES.has(rest)) throw new Error(`no type: ${line}`);
      if (families.has(name)) throw new Error(`twice: ${line}`);
      families.set(name, { type: rest, samples: [] });
      current = name;
      continue;
    }
    const match = SAMPLE.exec(line);
    if (!match) throw new Error(`no sample: ${line}`);
    const [, name = '', labelText = '', valueText = ''] = match;
    const family = families.get(current ?? '');
    if (!family || current === undefined) throw new Error(`no family: ${line}`);
    const suffixes = family.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    if (!suffixes.some((suffix) => name === `${current}${suffix}`)) throw new Error(`not of ${current}: ${line}`);
    const labels = readLabels(labelText);
    const key = `${name} ${JSON.stringify(Object.entries(labels).toSorted(([left], [right]) => (left < right ? -1 : 1)))}`;
    if (seen.has(key)) throw new Error(`twice: ${line}`);
    seen.add(key);
    family.samples.push({ name, labels, value: readValue(valueText) });
  }
  for (const [name, family] of families) if (family.type === 'histogram') checkHistogram(name, family);
  return families;
}

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [label] of text.matchAll(new RegExp(LABEL, 'gu'))) {
    const equals = label.indexOf('=');
    const name = label.slice(0, equals);
    if (Object.hasOwn(labels, name)) throw new Error(`label ${name} twice`);
    labels[name] = label
      .slice(equals + 2, -1)
      .replaceAll(/\\(["\\n])/gu, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
  }
  return labels;
}

function readValue(text: string): number {
  if (text === '+Inf') return Infinity;
  if (!/^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/u.test(text)) throw new Error(`no value: ${text}`);
  return Number(text);
}

function checkHistogram(name: string, { samples }: Family): void {
  const series = Map.groupBy(samples, ({ labels }) => JSON.stringify({ ...labels, le: undefined }));
  for (const [labels, ofOne] of series) {
    const buckets = ofOne.filter((sample) => sample.name === `${name}_bucket`);
    const count = ofOne.find((sample) => sample.name === `${name}_count`)?.value;
    if (!ofOne.some((sample) => sample.name === `${name}_sum`)) throw new Error(`${name}${labels} has no sum`);
    if (buckets.at(-1)?.labels['le'] !== '+Inf') throw new Error(`${name}${labels} does not end with +Inf`);
    if (buckets.at(-1)?.value !== count) throw new Error(`${name}${labels} does not end with its count`);
    for (const [index, bucket] of buckets.entries()) {
      const before = buckets[index - 1];
      if (before === undefined) continue;
      if (boundOf(before) >= boundOf(bucket)) throw new Error(`${name}${labels}: bounds do not ascend`);
      if (before.value > bucket.value) throw new Error(`${name}${labels} is not cumulative`);
    }
  }
}

function boundOf({ labels: { le = '' } }: Sample): number {
  return readValue(le);
}

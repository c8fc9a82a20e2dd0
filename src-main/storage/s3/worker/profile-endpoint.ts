import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { REGION_OF_OTHERS } from '../s3-connections.ts';
import type { S3Options } from '../s3-options.ts';

type Environment = Readonly<Record<string, string | undefined>>;
/** Keys of a section; one that is indented below another is `other.key`. */
type Section = ReadonlyMap<string, string>;

/**
 * The options with the endpoint that AWS's configuration files name for the profile (`endpoint_url`, also by `services`),
 * where nothing else names one. The SDK would find it too, but neither for a profile that only we name, nor in time: how
 * a bucket is addressed, the proxy, and what messages and tests say depend on it.
 */
export async function withProfileEndpoint(options: S3Options, environment: Environment): Promise<S3Options> {
  const { endpoint: known, profile = environment['AWS_PROFILE'] ?? 'default' } = options;
  if (known !== undefined || isTrue(environment['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'])) return options;
  const home = join(environment['HOME'] ?? environment['USERPROFILE'] ?? homedir(), '.aws');
  const [config, credentials] = await Promise.all([
    readSections(environment['AWS_CONFIG_FILE'] ?? join(home, 'config')),
    readSections(environment['AWS_SHARED_CREDENTIALS_FILE'] ?? join(home, 'credentials')),
  ]);
  const own = config.get(`profile ${profile}`) ?? (profile === 'default' ? config.get('default') : undefined);
  if (isTrue(own?.get('ignore_configured_endpoint_urls'))) return options;
  const services = config.get(`services ${own?.get('services') ?? ''}`);
  const endpoint =
    services?.get('s3.endpoint_url') ?? own?.get('endpoint_url') ?? credentials.get(profile)?.get('endpoint_url');
  // The SDK tells of one that is none.
  if (endpoint === undefined || !URL.canParse(endpoint)) return options;
  if (isOfProfile(options)) return { ...options, endpoint: endpoint.replace(/\/+$/u, '') };
  // The SDK would take it all the same, and send what these keys sign to a store that they are not for.
  return { ...options, endpoint: `https://s3.${options.region ?? REGION_OF_OTHERS}.amazonaws.com` };
}

/** Whether who asks has to do with a profile: not a connection that brings keys of its own, or none. */
function isOfProfile({ connection, credentials }: S3Options): boolean {
  return connection === undefined || credentials === 'chain' || credentials === 'profile';
}

/** The sections of a file, by their names without quotes; a file that cannot be read has none. */
async function readSections(path: string): Promise<ReadonlyMap<string, Section>> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const sections = new Map<string, Map<string, string>>();
  let section = new Map<string, string>();
  let parent = '';
  for (const line of text.split(/\r?\n/u)) {
    if (/^\s*(?:[#;]|$)/u.test(line)) continue;
    const name = /^\s*\[\s*([^\]]+?)\s*\]/u.exec(line)?.[1];
    if (name !== undefined) {
      section = new Map();
      sections.set(
        name.replaceAll(/\s+|["']/gu, (found) => (found.trim() === '' ? ' ' : '')),
        section,
      );
      continue;
    }
    const {
      indent = '',
      key = '',
      value = '',
    } = /^(?<indent>\s*)(?<key>[^=\s]+)\s*=\s*(?<value>.*?)(?:\s+[#;].*)?\s*$/u.exec(line)?.groups ?? {};
    if (key === '') continue;
    if (indent === '') parent = key;
    section.set(indent === '' ? key : `${parent}.${key}`, value);
  }
  return sections;
}

function isTrue(text: string | undefined): boolean {
  return text?.toLowerCase() === 'true';
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readS3Options } from '../s3-options.ts';
import { withProfileEndpoint } from './profile-endpoint.ts';

const CONFIG = `# written by hand
[default]
region = eu-central-1
endpoint_url = http://default:1/

[profile lab]
endpoint_url=http://lab:2 # the one in the cellar
[profile "two words"]
services = own
endpoint_url = http://for.all.services:3
[services own]
dynamodb =
  endpoint_url = http://dynamo:4
s3 =
  endpoint_url = https://own:5/s3/
[profile amazon]
region = us-west-2
[profile ignoring]
endpoint_url = http://ignored:6
ignore_configured_endpoint_urls = true
[profile wrong]
endpoint_url = nowhere
`;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'profile-endpoint-'));
  await writeFile(join(directory, 'config'), CONFIG);
  await writeFile(join(directory, 'credentials'), '[keys]\nendpoint_url = http://keys:7\n');
});
afterEach(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));

async function endpointOf(profile: string | undefined, more: Record<string, string> = {}): Promise<string | undefined> {
  const environment = {
    AWS_CONFIG_FILE: join(directory, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(directory, 'credentials'),
    ...(profile === undefined ? {} : { AWS_PROFILE: profile }),
    ...more,
  };
  return (await withProfileEndpoint(readS3Options(environment), environment)).endpoint;
}

describe('the endpoint of an AWS profile', () => {
  it.each([
    [undefined, 'http://default:1'],
    ['lab', 'http://lab:2'],
    ['two words', 'https://own:5/s3'],
    ['keys', 'http://keys:7'],
    ['amazon', undefined],
    ['ignoring', undefined],
    ['wrong', undefined],
    ['missing', undefined],
  ])('of %s is %s', async (profile, expected) => {
    expect(await endpointOf(profile)).toBe(expected);
  });

  it('is that of the environment where that names one, and none where files cannot be read or are to be ignored', async () => {
    expect(await endpointOf('lab', { AWS_ENDPOINT_URL: 'http://environment:8' })).toBe('http://environment:8');
    expect(await endpointOf('lab', { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' })).toBeUndefined();
    expect(await endpointOf('lab', { AWS_CONFIG_FILE: join(directory, 'missing') })).toBeUndefined();
  });

  it('is not where a connection sends what its own keys sign, though the SDK would find it', async () => {
    const environment = {
      AWS_CONFIG_FILE: join(directory, 'config'),
      AWS_SHARED_CREDENTIALS_FILE: join(directory, 'credentials'),
    };
    const given = { ...readS3Options(environment), connection: 'aws', region: 'eu-west-1' };
    for (const credentials of ['keys', 'anonymous'] as const) {
      const { endpoint } = await withProfileEndpoint({ ...given, credentials }, environment);
      expect(endpoint).toBe('https://s3.eu-west-1.amazonaws.com');
    }
    expect((await withProfileEndpoint({ ...given, credentials: 'chain' }, environment)).endpoint).toBe(
      'http://default:1',
    );
  });
});

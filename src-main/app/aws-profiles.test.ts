import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listAwsProfiles } from './aws-profiles.ts';

const CONFIG =
  '[default]\nregion = eu-west-1\n[profile lab]\n[ profile "with space" ]\n[sso-session company]\n[services x]\n';
const CREDENTIALS = '# [commented]\n[default]\naws_access_key_id = AKIA\n[old]\n';

describe('listAwsProfiles', () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'aws-profiles-'));
    await mkdir(join(home, '.aws'));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  it('joins both files, default first', async () => {
    await writeFile(join(home, '.aws', 'config'), CONFIG);
    await writeFile(join(home, '.aws', 'credentials'), CREDENTIALS);
    expect(await listAwsProfiles({}, home)).toEqual(['default', 'lab', 'old', 'with space']);
  });

  it('reads the files that the environment names', async () => {
    const elsewhere = join(home, 'elsewhere');
    await writeFile(elsewhere, '[profile only]\n');
    expect(await listAwsProfiles({ AWS_CONFIG_FILE: elsewhere }, home)).toEqual(['only']);
  });

  it('has none without files', async () => {
    expect(await listAwsProfiles({}, join(home, 'nobody'))).toEqual([]);
  });
});

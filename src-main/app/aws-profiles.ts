import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Names of the profiles in the configuration files of the AWS tools, `default` first. Files that cannot be read have none.
 * @param homeDirectory absolute path; the variables AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE go before it.
 */
export async function listAwsProfiles(
  environment: Readonly<Record<string, string | undefined>>,
  homeDirectory: string,
): Promise<readonly string[]> {
  const [config, credentials] = await Promise.all([
    readText(environment['AWS_CONFIG_FILE'] ?? join(homeDirectory, '.aws', 'config')),
    readText(environment['AWS_SHARED_CREDENTIALS_FILE'] ?? join(homeDirectory, '.aws', 'credentials')),
  ]);
  const names = new Set([
    // Other sections, such as those of SSO sessions, have other words before their names.
    ...sectionsOf(config).flatMap((section) => {
      const name = /^profile\s+(["']?)(.+)\1$/u.exec(section)?.[2] ?? (section === 'default' ? section : undefined);
      return name === undefined ? [] : [name];
    }),
    ...sectionsOf(credentials),
  ]);
  return [...names].toSorted(
    (one, other) => Number(other === 'default') - Number(one === 'default') || one.localeCompare(other),
  );
}

function sectionsOf(text: string): readonly string[] {
  return Array.from(text.matchAll(/^[ \t]*\[\s*([^\]\r\n]+?)\s*\]/gmu), ([, name = '']) => name);
}

function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

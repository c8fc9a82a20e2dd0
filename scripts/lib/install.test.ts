import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { holdsAllOf } from './install.mjs';
import { inProject } from './project.mjs';

describe('holdsAllOf', () => {
  const lock = {
    packages: {
      '': { version: '0.1.0' },
      'node_modules/a': { version: '1.0.0' },
      'node_modules/for-macos': { version: '1.0.0', optional: true },
    },
  };
  it.each([
    {
      when: 'all is there but what is for other platforms',
      packages: { 'node_modules/a': { version: '1.0.0' } },
      expected: true,
    },
    { when: 'a package has another version', packages: { 'node_modules/a': { version: '1.0.1' } }, expected: false },
    { when: 'a package is missing', packages: {}, expected: false },
    {
      when: 'an optional package has another version',
      packages: { 'node_modules/a': { version: '1.0.0' }, 'node_modules/for-macos': { version: '0.9.0' } },
      expected: false,
    },
  ])('when $when: $expected', ({ packages, expected }) => {
    expect(holdsAllOf(lock, { packages })).toBe(expected);
  });
});

const Packages = z.record(
  z.string(),
  z.object({
    hasInstallScript: z.boolean().optional(),
    optionalDependencies: z.record(z.string(), z.string()).optional(),
  }),
);

describe('the lock file', () => {
  const { packages } = z
    .object({ packages: Packages })
    .parse(JSON.parse(readFileSync(inProject('package-lock.json'), 'utf8')));

  // `npm ci` refuses a lock file with gaps, and one written where a registry lacks other platforms' packages has them.
  it('holds the optional packages of every platform', () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !(`node_modules/${name}` in packages) && !(`${path}/node_modules/${name}` in packages),
      ),
    );
    expect(missing).toEqual([]);
  });

  it('has no install script that package.json does not decide on', () => {
    const { allowScripts } = z
      .object({ allowScripts: z.record(z.string(), z.boolean()) })
      .parse(JSON.parse(readFileSync(inProject('package.json'), 'utf8')));
    const withScripts = Object.keys(packages).filter((path) => packages[path]?.hasInstallScript);
    const undecided = withScripts
      .map((path) => path.replace('node_modules/', ''))
      .filter((name) => !(name in allowScripts));
    expect(undecided).toEqual([]);
  });
});

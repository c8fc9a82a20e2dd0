import { describe, expect, it } from 'vitest';
import { createMemoryBudget, type MemoryHolder, type MemoryNeed } from './memory-budget.ts';
import { servableId } from './testing/servables.ts';

const MB = 1_000_000;

function holder(name: string, version: number, megabytes: number, state: Partial<MemoryHolder> = {}): MemoryHolder {
  return { id: servableId(name, version), bytes: megabytes * MB, goes: false, kept: false, ...state };
}

function need(megabytes: number, heldMegabytes = 0): MemoryNeed {
  return { id: servableId('m', 2), bytes: megabytes * MB, heldBytes: heldMegabytes * MB };
}

describe('a memory budget of 1 GB', () => {
  it.each<{
    when: string;
    holders: MemoryHolder[];
    need: MemoryNeed;
    fits: boolean;
    soon: boolean;
    text: string;
  }>([
    {
      when: 'nothing is taken',
      holders: [],
      need: need(1000),
      fits: true,
      soon: true,
      text: 'needs about 1 GB, and the limit is 1 GB',
    },
    {
      when: 'one byte too much is needed',
      holders: [],
      need: need(1000 + 1 / MB),
      fits: false,
      soon: false,
      text: 'needs about 1 GB, and the limit is 1 GB',
    },
    {
      when: 'others stay',
      holders: [holder('a', 1, 300), holder('b', 1, 600)],
      need: need(120),
      fits: false,
      soon: false,
      text: 'needs about 120 MB; 900 MB of 1 GB are taken by b v1 (600 MB), a v1 (300 MB)',
    },
    {
      when: 'one of the others goes',
      holders: [holder('a', 1, 300), holder('b', 1, 600, { goes: true })],
      need: need(120),
      fits: false,
      soon: true,
      text: 'needs about 120 MB; 900 MB of 1 GB are taken by b v1 (600 MB), a v1 (300 MB)',
    },
    {
      when: 'what goes is not enough',
      holders: [holder('a', 1, 900), holder('b', 1, 50, { goes: true })],
      need: need(120),
      fits: false,
      soon: false,
      text: 'needs about 120 MB; 950 MB of 1 GB are taken by a v1 (900 MB), b v1 (50 MB)',
    },
    {
      when: 'there are many others',
      holders: [1, 2, 3, 4, 5].map((version) => holder('a', version, 100 + version)).concat(holder('b', 1, 0)),
      need: need(600),
      fits: false,
      soon: false,
      text: 'needs about 600 MB; 515 MB of 1 GB are taken by a v5 (105 MB), a v4 (104 MB), a v3 (103 MB), 2 more',
    },
    {
      when: 'it would fit without the version it replaces',
      holders: [holder('m', 1, 800, { kept: true }), holder('a', 1, 100)],
      need: need(900),
      fits: false,
      soon: false,
      text: 'needs about 900 MB; 900 MB of 1 GB are taken by m v1 (800 MB), a v1 (100 MB); the policy resource_preserving would unload v1 first',
    },
    {
      when: 'it would not even fit then',
      holders: [holder('m', 1, 800, { kept: true }), holder('a', 1, 200)],
      need: need(900),
      fits: false,
      soon: false,
      text: 'needs about 900 MB; 1 GB of 1 GB are taken by m v1 (800 MB), a v1 (200 MB)',
    },
    {
      when: 'another servable keeps an old version',
      holders: [holder('a', 1, 800, { kept: true })],
      need: need(900),
      fits: false,
      soon: false,
      text: 'needs about 900 MB; 800 MB of 1 GB are taken by a v1 (800 MB)',
    },
    {
      when: 'it gives what it holds for it',
      holders: [holder('m', 2, 500), holder('a', 1, 400)],
      need: need(600, 500),
      fits: true,
      soon: true,
      text: 'needs about 600 MB; 400 MB of 1 GB are taken by a v1 (400 MB)',
    },
    {
      when: 'more is taken than there is',
      holders: [holder('a', 1, 1200)],
      need: need(1),
      fits: false,
      soon: false,
      text: 'needs about 1 MB; 1.2 GB of 1 GB are taken by a v1 (1.2 GB)',
    },
  ])('when $when', ({ holders, need: wanted, fits, soon, text }) => {
    const budget = createMemoryBudget(1000 * MB, holders);
    expect([budget.fits(wanted), budget.mayFitSoon(wanted)]).toEqual([fits, soon]);
    expect(budget.explain(wanted)).toBe(text);
  });
});

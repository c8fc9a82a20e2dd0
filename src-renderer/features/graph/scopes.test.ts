import { describe, expect, it } from 'vitest';
import type { Scope } from './scopes.ts';
import { nodesIn, scopesAround, scopeTree, soleScopes } from './scopes.ts';

const tree = (names: readonly string[]) => scopeTree(names.map((name, index) => ({ index, name })));

/** `a[0 1 b[2]]` */
const shown = ({ name, children }: Scope): string =>
  `${name}[${children.map((child) => (typeof child === 'number' ? child : shown(child))).join(' ')}]`;

describe('scopeTree', () => {
  it.each([
    { when: 'names have slashes', names: ['/a/b/Conv', '/a/b/Relu', '/a/Add', '/Out'], expected: '[a[b[0 1] 2] 3]' },
    { when: 'names have dots', names: ['a.conv', 'a.relu', 'b.x', 'b.y'], expected: '[a[0 1] b[2 3]]' },
    {
      when: 'both stand in names',
      names: ['/l/l.0/Conv', '/l/l.0/Relu', '/m/x', '/m/y'],
      expected: '[l/l.0[0 1] m[2 3]]',
    },
    { when: 'a scope has one node', names: ['/a/Conv', '/b/x', '/b/y'], expected: '[0 b[1 2]]' },
    { when: 'all are in one scope', names: ['gpu/a/x', 'gpu/a/y', 'gpu/z'], expected: '[a[0 1] 2]' },
    { when: 'no name has a scope', names: ['Conv_0', '', 'Relu_1'], expected: '[0 1 2]' },
  ])('$when', ({ names, expected }) => {
    expect(shown(tree(names))).toBe(expected);
  });

  it('cuts what is too long into blocks, of blocks where need be, and loses nothing', () => {
    const root = tree(Array.from({ length: 100_000 }, () => ''));
    const check = (scope: Scope): void => {
      expect(scope.children.length).toBeLessThanOrEqual(240);
      for (const child of scope.children) if (typeof child !== 'number') check(child);
    };
    check(root);
    expect(nodesIn(root)).toEqual(Array.from({ length: 100_000 }, (_, index) => index));
    const first = root.children[0];
    expect(typeof first === 'object' && [first.kind, first.name, first.size]).toEqual(['block', '0–5039', 5040]);
  });

  it('tells the scopes around a node, by ids that are their own', () => {
    const root = tree(['/a/b/x', '/a/b/y', '/a/z', '/c/b/x', '/c/b/y', '/c/z']);
    expect([scopesAround(root, 0), scopesAround(root, 3)]).toEqual([
      ['/a', '/a/b'],
      ['/c', '/c/b'],
    ]);
    expect(scopesAround(root, 99)).toEqual([]);
  });

  it('begins with scopes open that are alone', () => {
    expect(soleScopes(tree(['/a/b/x', '/a/b/y', '/a/z', '/out']))).toEqual(['/a', '/a/b']);
    expect(soleScopes(tree(['/a/x', '/a/y', '/b/x', '/b/y']))).toEqual([]);
  });
});

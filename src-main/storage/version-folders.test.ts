import { describe, expect, it } from 'vitest';
import type { DirectoryEntry } from './file-system.ts';
import { readVersionFolders } from './version-folders.ts';

const folder = (name: string): DirectoryEntry => ({ name, kind: 'directory' });

describe('folder names that are versions', () => {
  it.each([
    ['1', '1'],
    ['001', '1'],
    ['00000000000000000000001', '1'],
    ['0', '0'],
    ['20170111173521', '20170111173521'],
    ['9223372036854775807', '9223372036854775807'],
  ])('reads %s as version %s', (entry, version) => {
    expect(readVersionFolders([folder(entry)])).toEqual({ versions: [{ version, entry }], ignored: [], conflicts: [] });
  });
});

describe('entries that are no versions', () => {
  it.each([
    ['9223372036854775808', 'above 9223372036854775807'],
    ['-1', 'negative'],
    ['-0', 'negative'],
    ['-9223372036854775808', 'negative'],
    ['+1', 'rename it to 1'],
    [' 1', 'rename it to 1, without blanks'],
    ['1 ', 'rename it to 1, without blanks'],
    ['\t7', 'rename it to 7, without blanks'],
    ['1\n', 'rename it to 1, without blanks'],
    ['1.0', 'not a whole number'],
    ['1e3', 'not a whole number'],
    ['0x10', 'not a whole number'],
    ['1_000', 'not a whole number'],
    ['1a', 'not a whole number'],
    ['--1', 'not a whole number'],
    ['+', 'not a whole number'],
    ['2.denied', 'not a whole number'],
    ['baz', 'not a whole number'],
    ['٣', 'not a whole number'],
    ['3.tmp', 'temporary'],
    ['4~', 'temporary'],
  ])('ignores the folder %j: %s', (entry, words) => {
    const { versions, ignored } = readVersionFolders([folder(entry)]);
    expect(versions).toEqual([]);
    expect(ignored.map((row) => row.entry)).toEqual([entry]);
    expect(ignored[0]?.reason).toContain(words);
  });

  it.each<[DirectoryEntry, string]>([
    [{ name: '3', kind: 'file' }, 'a file: a version is a folder named 3'],
    [{ name: 'model.onnx', kind: 'file' }, 'a model file outside a version folder: move it into a folder named 1'],
    [{ name: 'model.onnx.part', kind: 'file' }, 'a temporary file'],
    [{ name: 'README.md', kind: 'file' }, 'a file'],
    [{ name: '5', kind: 'other' }, 'neither a file nor a folder (a link that leads nowhere?)'],
  ])('ignores $name', (entry, reason) => {
    expect(readVersionFolders([entry])).toEqual({
      versions: [],
      ignored: [{ entry: entry.name, reason }],
      conflicts: [],
    });
  });

  it.each(['.DS_Store', '.git', '.1', 'Thumbs.db', 'desktop.ini', 'lost+found', '__MACOSX'])(
    'says nothing about %s',
    (name) => {
      expect(readVersionFolders([folder(name), { name, kind: 'file' }]).ignored).toEqual([]);
    },
  );

  it('says nothing about what is read beside the versions, and only about that', () => {
    const file = (name: string): DirectoryEntry => ({ name, kind: 'file' });
    const entries = [folder('examples'), file('labels.txt'), file('labels.json'), file('classes.txt')];
    expect(readVersionFolders(entries).ignored).toEqual([]);
    const others = [file('examples'), folder('labels.txt')];
    expect(readVersionFolders(others).ignored.map(({ entry }) => entry)).toEqual(['examples', 'labels.txt']);
  });
});

describe('several versions', () => {
  it('are ordered by number, highest first', () => {
    const { versions } = readVersionFolders(['9', '10', '9007199254740993', '9007199254740992', '02'].map(folder));
    expect(versions.map(({ entry }) => entry)).toEqual(['9007199254740993', '9007199254740992', '10', '9', '02']);
  });

  it.each([
    { names: ['1', '001'], taken: '1', left: ['001'] },
    { names: ['001', '1'], taken: '1', left: ['001'] },
    { names: ['0001', '001', '00001'], taken: '001', left: ['00001', '0001'] },
  ])('of one number: takes $taken of $names and shows the conflict', ({ names, taken, left }) => {
    const { versions, ignored, conflicts } = readVersionFolders(names.map(folder));
    expect(versions).toEqual([{ version: '1', entry: taken }]);
    expect(ignored).toEqual(
      left.map((entry) => ({ entry, reason: `conflict: version 1 is taken from the folder "${taken}"` })),
    );
    expect(conflicts.map((conflict) => conflict.left).toSorted()).toEqual(left);
  });

  it('are not in conflict with a file of the same number', () => {
    const { versions } = readVersionFolders([{ name: '1', kind: 'file' }, folder('001')]);
    expect(versions).toEqual([{ version: '1', entry: '001' }]);
  });
});

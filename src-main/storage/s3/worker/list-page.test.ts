import { describe, expect, it } from 'vitest';
import { readListPage } from './list-page.ts';

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';
const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const list = (inside: string, truncated = 'false') =>
  `${HEAD}<ListBucketResult ${NAMESPACE}><Name>b</Name><IsTruncated>${truncated}</IsTruncated>${inside}</ListBucketResult>`;
const contents = (key: string, more = '') =>
  `<Contents><Key>${key}</Key><Size>3</Size><ETag>&quot;e&quot;</ETag>${more}</Contents>`;
const found = { sizeBytes: 3, modifiedMs: 0, revision: '"e"' };

describe('readListPage', () => {
  it.each([
    { what: 'no key', xml: list(''), page: { objects: [], prefixes: [] } },
    { what: 'a key', xml: list(contents('m/1')), page: { objects: [{ key: 'm/1', ...found }], prefixes: [] } },
    {
      what: 'white space between elements, as of servers that indent',
      xml: list(`\r\n  <Contents>\n\t<Key>m/1</Key> <Size>3</Size><ETag>"e"</ETag></Contents>\n`) + '\n',
      page: { objects: [{ key: 'm/1', ...found }], prefixes: [] },
    },
    {
      what: 'a byte order mark, single quotes and no declaration',
      xml: `\uFEFF<ListBucketResult xmlns='http://doc.s3.amazonaws.com/2006-03-01'><Name>b</Name><IsTruncated>false</IsTruncated></ListBucketResult>`,
      page: { objects: [], prefixes: [] },
    },
    {
      what: 'a time, and elements of no interest with more in them',
      xml: list(
        contents('m/1', '<LastModified>2020-01-02T03:04:05.000Z</LastModified><Owner><ID>a</ID><X/></Owner><Y a="b"/>'),
      ),
      page: { objects: [{ key: 'm/1', ...found, modifiedMs: Date.UTC(2020, 0, 2, 3, 4, 5) }], prefixes: [] },
    },
    {
      what: 'names that are encoded, which is told after them',
      xml: list(`${contents('m/a+b%2Bc%20%C3%BC%26')}<EncodingType>url</EncodingType>`),
      page: { objects: [{ key: 'm/a b+c ü&', ...found }], prefixes: [] },
    },
    {
      what: 'names that are not encoded, with references',
      xml: list(contents('m/a+%20&amp;&lt;&#x1F600;&#233;&#x1;')),
      page: { objects: [{ key: 'm/a+%20&<😀é\u0001', ...found }], prefixes: [] },
    },
    {
      what: 'common prefixes',
      xml: list(
        '<CommonPrefixes><Prefix>m/1/</Prefix></CommonPrefixes><CommonPrefixes><Prefix>m/2/</Prefix></CommonPrefixes>',
      ),
      page: { objects: [], prefixes: ['m/1/', 'm/2/'] },
    },
    {
      what: 'where it goes on',
      xml: list('<NextContinuationToken>a&amp;b==</NextContinuationToken>', 'true'),
      page: { objects: [], prefixes: [], next: 'a&b==' },
    },
    {
      what: 'an archived object, and one that is restored',
      xml: list(
        contents('m/1', '<StorageClass>GLACIER</StorageClass>') +
          contents(
            'm/2',
            '<StorageClass>GLACIER</StorageClass><RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress><RestoreExpiryDate>2030-01-01T00:00:00Z</RestoreExpiryDate></RestoreStatus>',
          ),
      ),
      page: {
        objects: [
          { key: 'm/1', ...found, archivedIn: 'GLACIER' },
          { key: 'm/2', ...found },
        ],
        prefixes: [],
      },
    },
  ])('reads $what', ({ xml, page }) => {
    expect(readListPage(xml, 'm/')).toEqual(page);
  });

  it.each([
    { what: 'nothing', xml: '' },
    { what: 'words', xml: 'Not found' },
    { what: 'JSON', xml: '{"ok":true}' },
    { what: 'HTML', xml: '<!DOCTYPE html><html><body><p>Sign in<br></body></html>' },
    { what: 'well-formed XHTML', xml: `${HEAD}<html><body><p>Sign in</p></body></html>` },
    { what: 'an error that came with status 200', xml: `${HEAD}<Error><Code>SlowDown</Code></Error>` },
    { what: 'a document type', xml: '<!DOCTYPE ListBucketResult [<!ENTITY a "b">]>' + list('').slice(HEAD.length) },
    { what: 'a listing that is cut off', xml: list(contents('m/1')).slice(0, -30) },
    { what: 'a listing that is cut off in a tag', xml: list(contents('m/1')).slice(0, -5) },
    { what: 'more after the end', xml: `${list('')}<p/>` },
    { what: 'tags that do not match', xml: list('<Owner><ID></Owner></ID>') },
    { what: 'text between elements', xml: list('words') },
    { what: 'text after a key', xml: list('<Contents><Key>m/1</Key>words</Contents>') },
    { what: 'an element in a key', xml: list(contents('m/<b>1</b>')) },
    { what: 'a comment', xml: list('<!-- -->') },
    { what: 'no bucket', xml: list('').replace('<Name>b</Name>', '') },
    { what: 'no word on whether it goes on', xml: list('').replace('<IsTruncated>false</IsTruncated>', '') },
    { what: 'another word on whether it goes on', xml: list('', 'perhaps') },
    { what: 'no word on where it goes on', xml: list('', 'true') },
    { what: 'an empty word on where it goes on', xml: list('<NextContinuationToken/>', 'true') },
    { what: 'a key that was not asked for', xml: list(contents('n/1')) },
    { what: 'a prefix that was not asked for', xml: list('<CommonPrefixes><Prefix>n/</Prefix></CommonPrefixes>') },
    { what: 'an object without a key', xml: list('<Contents><Size>3</Size><ETag>"e"</ETag></Contents>') },
    { what: 'an object without a size', xml: list('<Contents><Key>m/1</Key><ETag>"e"</ETag></Contents>') },
    { what: 'an object without an ETag', xml: list('<Contents><Key>m/1</Key><Size>3</Size></Contents>') },
    {
      what: 'an ETag that no header can hold',
      xml: list('<Contents><Key>m/1</Key><Size>3</Size><ETag>"e&#10;x: y"</ETag></Contents>'),
    },
    { what: 'a size that is none', xml: list('<Contents><Key>m/1</Key><Size>3e2</Size><ETag>"e"</ETag></Contents>') },
    { what: 'a time that is none', xml: list(contents('m/1', '<LastModified>today</LastModified>')) },
    { what: 'a broken encoding', xml: list(`${contents('m/%C3')}<EncodingType>url</EncodingType>`) },
    { what: 'an unknown entity', xml: list(contents('m/&nbsp;')) },
    { what: 'a character that there is not', xml: list(contents('m/&#x110000;')) },
  ])('refuses $what', ({ xml }) => {
    expect(readListPage(xml, 'm/')).toBeUndefined();
  });
});

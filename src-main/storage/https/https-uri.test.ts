import { describe, expect, it } from 'vitest';
import { concealQuery, describeHttpsLocation, formatHttpsUri, nameOf, parentOf, parseHttpsUri } from './https-uri.ts';

describe('parseHttpsUri', () => {
  it.each([
    ['https://h/m/manifest.json', 'https://h/m/manifest.json', 'manifest', 'm'],
    ['HTTPS://H.Example:443/m/manifest.json', 'https://h.example/m/manifest.json', 'manifest', 'm'],
    ['https://h/m/', 'https://h/m/manifest.json', 'manifest', 'm'],
    ['https://h/resnet.JSON', 'https://h/resnet.JSON', 'manifest', 'resnet'],
    ['https://h/manifest.json', 'https://h/manifest.json', 'manifest', 'model'],
    ['https://h/m/../n/manifest.json', 'https://h/n/manifest.json', 'manifest', 'n'],
    ['https://h:8443/a b/x.onnx', 'https://h:8443/a%20b/x.onnx', 'file', 'x.onnx'],
    ['https://h/a/model%20one.onnx', 'https://h/a/model%20one.onnx', 'file', 'model one.onnx'],
    ['https://h/resnet/3/model.onnx', 'https://h/resnet/3/model.onnx', 'version', 'resnet'],
    ['https://h/3/model.onnx', 'https://h/3/model.onnx', 'version', 'model'],
    ['https://h', 'https://h', 'server', ''],
    ['http://localhost:8000/m/', 'http://localhost:8000/m/manifest.json', 'manifest', 'm'],
    ['http://127.3.4.5/m/', 'http://127.3.4.5/m/manifest.json', 'manifest', 'm'],
    ['http://[::1]:1/m/', 'http://[::1]:1/m/manifest.json', 'manifest', 'm'],
    ['https://h/m/manifest.json#/1/a%2Fb/%23.bin', 'https://h/m/manifest.json', 'manifest', '#.bin'],
  ])('takes %s', (uri, url, kind, name) => {
    const location = parseHttpsUri(uri);
    expect(location).toMatchObject({ url, kind });
    expect(nameOf(location)).toBe(name);
    expect(parseHttpsUri(formatHttpsUri(location))).toEqual(location);
  });

  it.each([
    ['https://', 'its host is not one'],
    ['https:///x/model.onnx?s3cr3t', 'its host is not one'],
    ['https://h:99999/m/', 'its host is not one'],
    ['https://s3cr3t@h/m/', 'a user and password do not belong into it'],
    ['https://s3cr3t:s3cr3t@h/m/', 'a user and password do not belong into it'],
    ['http://h/m/?s3cr3t', 'plain HTTP is for this computer only'],
    ['http://127.0.0.1.example.com/m/', 'plain HTTP is for this computer only'],
    ['http://10.0.0.1/m/', 'plain HTTP is for this computer only'],
    ['https://h/model.zip?s3cr3t', 'its path ends neither in .onnx (a model file) nor in .json (a manifest)'],
    ['https://h/m/\n', 'it contains a control character'],
    ['https://h/m.onnx#/1', 'what follows its # leads nowhere'],
    ['https://h/m.json#/1//2', 'what follows its # leads nowhere'],
    ['ftp://h/m/', 'it does not begin with https://'],
  ])('refuses %s', (uri, reason) => {
    expect(() => parseHttpsUri(uri)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(reason) }),
    );
    expect(() => parseHttpsUri(uri)).not.toThrow('s3cr3t');
  });

  it('leads up to the server', () => {
    const inside = parseHttpsUri('https://h/a/m.json?q#/1/x');
    const parents: string[] = [];
    for (let at = parentOf(inside); at; at = parentOf(at)) parents.push(formatHttpsUri(at));
    expect(parents).toEqual(['https://h/a/m.json?q#/1', 'https://h/a/m.json?q', 'https://h']);
    const file = parentOf(parseHttpsUri('https://h/a/m.onnx?q'));
    expect(file && formatHttpsUri(file)).toBe('https://h/a/manifest.json?q');
  });

  it('shows and keeps no query', () => {
    const location = parseHttpsUri('https://h/long/way/m.json?token=s3cr3t#/1/deep/model.onnx');
    expect(describeHttpsLocation(location)).toBe('https://h/…/m.json?…#/…/model.onnx');
    const concealed = concealQuery(location.query);
    expect(concealed).toMatch(/^\?…[0-9a-f]{8}$/u);
    expect(concealQuery(concealed)).toBe(concealed);
    expect(concealQuery('?token=other')).not.toBe(concealed);
    expect(concealQuery('')).toBe('');
  });
});

import { describe, expect, it } from 'vitest';
import { fileRequest, openRequestOf, parseLink } from './open-request.ts';

describe('parseLink', () => {
  it.each([
    ['slipway://model/resnet', { kind: 'model', isOwn: false, name: 'resnet' }],
    ['slipway://model/resnet/', { kind: 'model', isOwn: false, name: 'resnet' }],
    ['slipway://model/resnet/12', { kind: 'model', isOwn: false, name: 'resnet', version: '12' }],
    ['slipway://model/a%2Fb%20%C3%BC/0', { kind: 'model', isOwn: false, name: 'a/b ü', version: '0' }],
    ['slipway://add?uri=s3://ml/prod', { kind: 'add', isOwn: false, uri: 's3://ml/prod' }],
    ['slipway://add/?uri=s3%3A%2F%2Fml%2Fa%20b', { kind: 'add', isOwn: false, uri: 's3://ml/a b' }],
    ['slipway://add?uri=/srv/models', { kind: 'add', isOwn: false, uri: '/srv/models' }],
    [String.raw`slipway://add?uri=C:\models`, { kind: 'add', isOwn: false, uri: String.raw`C:\models` }],
  ])('%s', (link, request) => {
    expect(parseLink(link)).toEqual(request);
  });

  it.each([
    'slipway://model',
    'slipway://model/',
    'slipway://model//3',
    'slipway://model/resnet/latest',
    'slipway://model/resnet/1/extra',
    'slipway://model/%00',
    'slipway://model/%E0%A4',
    'slipway://user@model/resnet',
    'slipway://model:80/resnet',
    'slipway://quit',
    'slipway:model/resnet',
    'slipway://add',
    'slipway://add?uri=',
    'slipway://add?uri=models',
    'slipway://add?uri=s3://',
    'slipway://add?uri=s3://a&uri=s3://b',
    'slipway://add?uri=file:///etc',
    'slipway://add?uri=https://key:secret@host/bucket',
    'slipway://add?uri=//host/share',
    String.raw`slipway://add?uri=\\host\share`,
    'slipway://add?uri=/a%0Ab',
    'slipway://add/now?uri=s3://ml',
    'https://model/resnet',
    'javascript:alert(1)',
    '',
  ])('drops %s', (link) => {
    expect(parseLink(link)).toBeUndefined();
  });

  it('drops a link of five thousand characters', () => {
    expect(parseLink(`slipway://add?uri=/${'a'.repeat(5000)}`)).toBeUndefined();
  });
});

describe('openRequestOf', () => {
  const link = 'slipway://model/resnet';
  const model = { kind: 'model', isOwn: false, name: 'resnet' };
  const file = (path: string) => ({ kind: 'file', isOwn: true, path });
  it.each([
    { argv: ['/opt/slipway'], expected: undefined },
    { argv: ['/opt/slipway', link], expected: model },
    { argv: ['/opt/slipway', '--rest_api_port=0', '--at-login', link], expected: model },
    { argv: ['/opt/model.onnx'], expected: undefined },
    { argv: ['/opt/slipway', '.'], expected: undefined },
    { argv: ['/opt/slipway', 'nets/a b.ONNX'], expected: file('/home/ann/nets/a b.ONNX') },
    { argv: ['/opt/slipway', 'file:///srv/a%20b.onnx'], expected: file('/srv/a b.onnx') },
    { argv: ['/opt/slipway', 'file://other/a.onnx'], expected: undefined },
    { argv: ['/opt/slipway', '--record_file=/a.onnx'], expected: undefined },
    { argv: ['/opt/slipway', 'slipway://nonsense', '/a.onnx'], expected: file('/a.onnx') },
  ])('$argv', ({ argv, expected }) => {
    expect(openRequestOf(argv, '/home/ann', 'linux')).toEqual(expected);
  });

  it('resolves the paths of Windows', () => {
    expect(fileRequest('a.onnx', String.raw`C:\nets`, 'win32')).toEqual(file(String.raw`C:\nets\a.onnx`));
    expect(fileRequest('file:///C:/nets/a.onnx', 'C:\\', 'win32')).toEqual(file(String.raw`C:\nets\a.onnx`));
  });
});

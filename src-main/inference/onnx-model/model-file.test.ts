import { describe, expect, it } from 'vitest';
import { describeVersion, findModelFile, type VersionEntry } from './model-file.ts';

const files = (...paths: string[]): VersionEntry[] => paths.map((path) => ({ path, kind: 'file' }));
const folder = (path: string): VersionEntry => ({ path, kind: 'directory' });

describe('findModelFile', () => {
  it.each([
    { entries: files('model.onnx', 'weights.bin'), path: 'model.onnx' },
    { entries: files('resnet.onnx', 'README.md'), path: 'resnet.onnx' },
    { entries: files('encoder.onnx', 'model.onnx'), path: 'model.onnx' },
    { entries: files('encoder.onnx', 'Model.ONNX'), path: 'Model.ONNX' },
    { entries: files('MODEL.onnx', 'model.onnx'), path: 'model.onnx' },
    { entries: files('RESNET.ONNX'), path: 'RESNET.ONNX' },
    { entries: files('._model.onnx', 'model.onnx', '.DS_Store'), path: 'model.onnx' },
    { entries: files('._resnet.onnx', 'resnet.onnx'), path: 'resnet.onnx' },
    { entries: [...files('a.onnx', 'old/b.onnx'), folder('old')], path: 'a.onnx' },
    { entries: [...files('a.onnx'), folder('model.onnx')], path: 'a.onnx' },
    { entries: files('modèle 1.onnx'), path: 'modèle 1.onnx' },
  ])('takes $path', ({ entries, path }) => {
    expect(findModelFile(entries)).toEqual({ ok: true, path });
    expect(describeVersion(entries)).toBeUndefined();
  });

  it.each<{ entries: VersionEntry[]; reason: string }>([
    { entries: [], reason: 'no model.onnx' },
    { entries: files('model.onnx.part', 'onnx', 'model.pt'), reason: 'no model.onnx' },
    { entries: files('._model.onnx', '.hidden.onnx'), reason: 'no model.onnx' },
    { entries: files('b.onnx', 'a.onnx'), reason: 'several model files (a.onnx, b.onnx): name one of them model.onnx' },
    {
      entries: files('Model.onnx', 'MODEL.onnx'),
      reason: 'several model files (MODEL.onnx, Model.onnx): name one of them model.onnx',
    },
    {
      entries: files('d.onnx', 'c.onnx', 'b.onnx', 'a.onnx'),
      reason: 'several model files (a.onnx, b.onnx, c.onnx, …): name one of them model.onnx',
    },
    { entries: [folder('model.onnx')], reason: 'model.onnx is a folder' },
    { entries: [{ path: 'model.onnx', kind: 'other' }], reason: 'model.onnx is not a readable file' },
    {
      entries: [folder('onnx'), ...files('onnx/model.onnx')],
      reason: 'no model.onnx; onnx/model.onnx lies too deep: move it up',
    },
    { entries: files('a/._model.onnx'), reason: 'no model.onnx' },
    {
      entries: files('saved_model.pb', 'variables/variables.index'),
      reason:
        'no model.onnx; this is a TensorFlow SavedModel, which is not supported yet: convert it to ONNX (pip install tf2onnx, then in this folder: python -m tf2onnx.convert --saved-model . --output model.onnx)',
    },
  ])('says "$reason"', ({ entries, reason }) => {
    expect(findModelFile(entries)).toEqual({ ok: false, reason });
    expect(describeVersion(entries)).toBe(reason);
  });
});

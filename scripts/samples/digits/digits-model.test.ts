import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { drawDigit } from './digit-images.ts';
import { digitsModel } from './digits-model.ts';
import { convolutionalNetwork, hiddenLayerNetwork, probabilities } from './network.ts';
import { Random } from './random.ts';

const random = new Random(5);

describe('digitsModel', () => {
  it.each([
    { what: 'a hidden layer', network: hiddenLayerNetwork(6, random) },
    { what: 'convolutions', network: convolutionalNetwork({ channels: [3, 5], hidden: 7 }, random) },
  ])('computes what the network of $what does', async ({ network }) => {
    const images = Array.from({ length: 3 }, () => drawDigit(random, 'trained'));
    const session = await InferenceSession.create(digitsModel(network, {}));
    const pixels = Float32Array.from(images.flatMap((image) => [...image.pixels]));
    const { probabilities: computed } = await session.run({ image: new Tensor('float32', pixels, [3, 1, 28, 28]) });
    expect(computed?.dims).toEqual([3, 10]);
    const expected = probabilities(network, images);
    for (const [index, value] of expected.entries()) expect(computed?.data[index]).toBeCloseTo(value, 5);
    await session.release();
  });

  it('needs a last layer that gives a number for each class', () => {
    const { layers } = hiddenLayerNetwork(2, random);
    expect(() => digitsModel({ layers: layers.slice(0, 2) }, {})).toThrow('the last layer has to be dense');
  });
});

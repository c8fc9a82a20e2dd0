import type { Rgba } from '../../tensors/image-frame.ts';

/** Larger pictures are made smaller first: no model takes more, and the arithmetic stays quick. */
const MAX_SIDE = 1024;

/** The pixels of a picture file in any format of the browser. @throws where it cannot read the file. */
export async function decodePicture(file: Blob): Promise<Rgba> {
  const bitmap = await createImageBitmap(file);
  try {
    const scale = Math.min(1, MAX_SIDE / Math.max(bitmap.width, bitmap.height));
    const width = Math.max(1, Math.round(bitmap.width * scale));
    const height = Math.max(1, Math.round(bitmap.height * scale));
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d');
    if (!context) throw new Error('no canvas');
    context.imageSmoothingQuality = 'high';
    context.drawImage(bitmap, 0, 0, width, height);
    return { width, height, data: context.getImageData(0, 0, width, height).data };
  } finally {
    bitmap.close();
  }
}

/** The first picture among dropped or pasted files. */
export const pictureIn = (files: Iterable<File>): File | undefined =>
  [...files].find(({ type }) => type.startsWith('image/'));

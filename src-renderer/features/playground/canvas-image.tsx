import type { Ref } from 'react';
import { useEffect, useImperativeHandle, useRef } from 'react';
import type { Rgba } from '../../tensors/image-frame.ts';

/** Pixels as a picture. Small ones are enlarged without blur, so that each pixel can be seen. */
export function CanvasImage({
  image,
  label,
  className,
  ref,
}: {
  readonly image: Rgba;
  readonly label: string;
  readonly className: string;
  readonly ref?: Ref<HTMLCanvasElement>;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useImperativeHandle<HTMLCanvasElement | null, HTMLCanvasElement | null>(ref, () => canvas.current);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || image.width === 0 || image.height === 0) return;
    const pixels = context.createImageData(image.width, image.height);
    pixels.data.set(image.data);
    context.putImageData(pixels, 0, 0);
  }, [image]);
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={label}
      width={Math.max(1, image.width)}
      height={Math.max(1, image.height)}
      className={`${image.width <= 128 ? '[image-rendering:pixelated]' : ''} ${className}`}
    />
  );
}

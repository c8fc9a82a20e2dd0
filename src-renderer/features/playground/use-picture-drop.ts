import type { DragEvent } from 'react';
import { useState } from 'react';
import { pictureIn } from './decode-picture.ts';

export interface PictureDrop {
  /** Whether files are held over it. */
  readonly isOver: boolean;
  readonly handlers: {
    readonly onDragOver: (event: DragEvent<HTMLElement>) => void;
    readonly onDragLeave: () => void;
    readonly onDrop: (event: DragEvent<HTMLElement>) => void;
  };
}

/** A place where a picture may be dropped. Files dropped anywhere else in the window are models. */
export function usePictureDrop(onFile: (file: File) => void): PictureDrop {
  const [isOver, setOver] = useState(false);
  return {
    isOver,
    handlers: {
      onDragOver(event) {
        if (!event.dataTransfer.types.includes('Files')) return;
        event.preventDefault();
        event.stopPropagation();
        setOver(true);
      },
      onDragLeave: () => setOver(false),
      onDrop(event) {
        setOver(false);
        const file = pictureIn(event.dataTransfer.files);
        if (!file) return;
        event.preventDefault();
        event.stopPropagation();
        onFile(file);
      },
    },
  };
}

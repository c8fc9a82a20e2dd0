import { openSync, writeSync } from 'node:fs';

/**
 * Notes in a file which model has the thread, so that the main process can tell after a crash whose run or load it was:
 * four bytes, the handle little-endian. Written only when the model changes.
 */
export function createRunMarker(file: string): (handle: number) => void {
  const descriptor = openSync(file, 'w', 0o600);
  const bytes = Buffer.alloc(4);
  let noted = 0;
  return (handle) => {
    if (handle === noted) return;
    noted = handle;
    bytes.writeUInt32LE(handle);
    writeSync(descriptor, bytes, 0, bytes.length, 0);
  };
}

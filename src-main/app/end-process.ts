import { livingModelReaders } from '../inference/model-reader.ts';
import { abandonedFileSystemCalls } from '../storage/file-system-calls.ts';

/**
 * Whether a thread of this process may never end. Node waits at its exit for the threads that files are read on, and a
 * drive that hangs never gives its thread back. To be asked when the application has stopped.
 */
export function isExitHeldUp(): boolean {
  return abandonedFileSystemCalls() > 0 || livingModelReaders() > 0;
}

/**
 * Ends this process for certain: where its exit is held up, by force. Its parent then sees that instead of the exit code.
 */
export function endProcess(exitCode: number): never {
  if (isExitHeldUp()) process.kill(process.pid, 'SIGKILL');
  process.exit(exitCode);
}

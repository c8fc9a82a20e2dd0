import { abandonedFileSystemCalls } from '../storage/file-system-calls.ts';

/**
 * Ends this process for certain. Node waits at its exit for the threads that files are read on, and a drive that hangs
 * never gives its thread back; the process then ends itself by force, and its parent sees that instead of the exit code.
 */
export function endProcess(exitCode: number): never {
  if (abandonedFileSystemCalls() > 0) process.kill(process.pid, 'SIGKILL');
  process.exit(exitCode);
}

import { readdir, readFile } from 'node:fs/promises';

/** Of /proc/PID/stat, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** User and system time of a process and its children; 0 where there is no /proc. */
export async function cpuSeconds(root: number): Promise<number> {
  if (process.platform !== 'linux') return 0;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/u.test(name));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  let ticks = 0;
  for (const stat of stats) {
    const pid = Number.parseInt(stat, 10);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (pid === root || Number(fields[1]) === root) ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS_PER_SECOND;
}

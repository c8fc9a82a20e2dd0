import { mkdir, readdir, readFile, rm, writeFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../contracts/logger.ts';
import { LOAD_TEST_LIMITS, LoadTestReport } from '../contracts/ui-traffic.ts';

/** A file that is larger is none of ours. */
const MAX_FILE_BYTES = 64 * 1024;

/** Reports of load tests on disk, the newest so many of them. What goes wrong with a file is logged and left out. */
export interface LoadTestReports {
  /** Newest first. */
  list(): Promise<readonly LoadTestReport[]>;
  /** Those that are too many are removed, the oldest first. */
  save(report: LoadTestReport): Promise<void>;
  /** @returns whether there was one. */
  remove(id: string): Promise<boolean>;
}

/** @param directory absolute; it is made when the first report is saved. */
export function createLoadTestReports(directory: string, log: Logger): LoadTestReports {
  const fileOf = (id: string): string => join(directory, `${id}.json`);

  async function list(): Promise<readonly LoadTestReport[]> {
    // Before the first report there is no folder.
    const names = await readdir(directory).catch(() => []);
    const found = await Promise.all(names.filter((name) => name.endsWith('.json')).map((name) => read(name)));
    return found.filter((report) => report !== undefined).toSorted((a, b) => b.startedMs - a.startedMs);
  }

  async function read(name: string): Promise<LoadTestReport | undefined> {
    try {
      const text = await readFile(join(directory, name), 'utf8');
      if (text.length > MAX_FILE_BYTES) throw new Error('the file is too large');
      const report = LoadTestReport.parse(JSON.parse(text));
      if (`${report.id}.json` !== name) throw new Error('the file is named after another report');
      return report;
    } catch (error) {
      log.warn({ file: name, error }, 'the report of a load test cannot be read');
      return undefined;
    }
  }

  return {
    list,
    async save(report) {
      try {
        await mkdir(directory, { recursive: true });
        const file = fileOf(report.id);
        await writeFile(`${file}.tmp`, JSON.stringify(report));
        // A file that is there is whole.
        await rename(`${file}.tmp`, file);
        const tooMany = (await list()).slice(LOAD_TEST_LIMITS.maxReports);
        await Promise.all(tooMany.map(({ id }) => rm(fileOf(id), { force: true })));
      } catch (error) {
        log.warn({ error }, 'the report of a load test cannot be saved');
      }
    },
    async remove(id) {
      const known = (await list()).some((report) => report.id === id);
      if (known) await rm(fileOf(id), { force: true });
      return known;
    },
  };
}

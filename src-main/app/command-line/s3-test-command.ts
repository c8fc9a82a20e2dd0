import { TEST_STAGES, type TestStage } from '../../contracts/ui-sources.ts';
import { escaped } from '../log-text.ts';
import { type Command, EXIT_OK, JSON_OPTION, PLACE_OPTIONS } from './command.ts';
import { openCommandStores } from './command-stores.ts';

/** The exit code of a test is this and the place of the stage that failed: 10 for the name of the host, 16 for reading. */
const EXIT_STAGE = 10;

const TITLES: Readonly<Record<TestStage['stage'], string>> = {
  name: 'name',
  connect: 'connect',
  tls: 'TLS',
  clock: 'clock',
  signature: 'signature',
  list: 'list',
  read: 'read',
};
const MARKS: Readonly<Record<TestStage['status'], string>> = {
  waiting: '....',
  running: '....',
  ok: ' ok ',
  failed: 'FAIL',
  skipped: ' -- ',
};

/** `slipway s3 test URI`: how a place in S3 is reached, stage by stage. */
export const s3TestCommand: Command = {
  argument: 'URI',
  summary: 'tests stage by stage how a place in S3 is reached; exit code 10 to 16 by the stage that fails',
  options: { ...PLACE_OPTIONS, ...JSON_OPTION, connection: { type: 'string' } },
  async run(given, context) {
    await using opened = await openCommandStores(given, context);
    const isJson = given.flag('json');
    const told = new Set<TestStage['stage']>();
    const uri = await opened.place(given);
    const result = await opened.stores.s3.test(uri, undefined, context.signal, ({ stages }) => {
      if (isJson) return;
      for (const stage of stages) {
        if (told.has(stage.stage) || stage.status === 'waiting' || stage.status === 'running') continue;
        told.add(stage.stage);
        context.print(stageLine(stage));
      }
    });
    if (isJson) context.print(JSON.stringify({ uri: given.argument, ...result }));
    const failed = result.stages.find(({ status }) => status === 'failed');
    if (!failed) return EXIT_OK;
    if (!isJson) {
      context.print('');
      if (failed.fix) context.print(`To do: ${failed.fix.text}.`);
      context.print(`Code:  ${failed.code ?? ''}`);
    }
    return EXIT_STAGE + TEST_STAGES.indexOf(failed.stage);
  },
};

function stageLine({ stage, status, ms, detail }: TestStage): string {
  // May hold the name of an object or of an authority, which must not look like a line of its own.
  const words = escaped(detail ?? (status === 'skipped' ? 'not tried' : ''));
  return `[${MARKS[status]}] ${TITLES[stage].padEnd(9)} ${ms === undefined ? '' : `${Math.round(ms)} ms`.padStart(8)}  ${words}`.trimEnd();
}

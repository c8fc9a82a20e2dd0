/** `npm run fix`: mends what the linter can mend, then formats. */
import { inProject, ROOT } from './lib/project.mjs';
import { run } from './lib/run.mjs';

const oxlint = [inProject('node_modules', 'oxlint', 'bin', 'oxlint'), '--fix'];
const prettier = [inProject('node_modules', 'prettier', 'bin', 'prettier.cjs'), '--write', '--log-level=warn', '.'];

const linted = await run(process.execPath, oxlint, { cwd: ROOT });
const formatted = await run(process.execPath, prettier, { cwd: ROOT });
process.exitCode = linted === 0 ? formatted : linted;

import type { ModelView, VersionView } from '#contracts/ui.ts';
import { strings } from '../../strings/index.ts';
import type { EventStatus } from './version-status.ts';
import { versionStatus } from './version-status.ts';

const words = strings.models.place;
const byHand = strings.models.held;

/**
 * The server's reason without what the word beside it says already: `Loading` needs no `loading`, `Discovered` no
 * `discovered`. A reason that is not known here stays as it is.
 */
export function plainReason(status: EventStatus, reason: string): string {
  switch (status) {
    case 'waiting':
      return reason.replace(/^(?:discovered, waiting: )?/u, 'waiting: ');
    case 'queued':
      return reason.replace(/^aspired; waits to be loaded$/u, '');
    case 'loading':
      return reason.replace(/^loading$/u, '');
    case 'available':
    case 'wanted':
      return reason.replace(/^aspired again: /u, '');
    case 'unloaded':
      return reason.replace(/^unloaded(; )?/u, '');
    case 'failed':
      return reason.replace(/^(failed to load|cannot be loaded:) /u, '');
    case 'lost':
      return reason.replace(/^lost: /u, '');
    case 'retrying':
    case 'unloading':
    case 'unwanted':
    case 'gone':
    case 'label':
    case 'firstRequest':
    case 'released':
    case 'held':
      return reason;
    case 'found':
      return reason.replace(/^found ?/u, '');
    default:
      return status satisfies never;
  }
}

/** Why a version is in its state, beside the columns that tell the state and how long its load took. */
export function whyText(view: Pick<VersionView, 'phase' | 'retryAtMs' | 'error' | 'reason' | 'held'>): string {
  const status = versionStatus(view);
  if (status === 'held' && view.held === 'loading')
    return byHand.loading(view.phase === 'waiting' ? `: ${view.reason}` : '');
  if (status === 'held') return byHand.unloaded;
  if (view.held === 'reloading') return byHand.reloading;
  if (status === 'failed') {
    // What happened since, such as that it is no longer aspired, does not tell why it failed.
    const told = plainReason(status, view.reason);
    return told !== view.reason || view.reason.startsWith('lost ') ? told : (view.error?.message ?? view.reason);
  }
  const reason = plainReason(status, view.reason);
  return status === 'available'
    ? reason.replace(/^loaded( again)? in .*$/u, (_, again) => (again ? 'loaded again' : ''))
    : reason;
}

export interface SourceProblem {
  readonly tone: 'bad' | 'warn';
  readonly title?: string;
  readonly text: string;
  /** What is shown of the folder is from before. */
  readonly isOld?: true;
}

/**
 * What is wrong with a model's folder, in the place where its name and path are shown anyway: the sentences that
 * TensorFlow Serving logs name both again.
 */
export function sourceProblem({
  name,
  basePath,
  source: { status, message },
}: Pick<ModelView, 'name' | 'basePath' | 'source'>): SourceProblem | undefined {
  const what = placeWord(basePath);
  if (status === 'error') {
    const offline = after(message, 'offline copy from ');
    if (offline !== undefined) return { tone: 'warn', title: words.offlineCopy, text: words.from(offline) };
    const missing = after(message, `Could not find base path ${basePath} for servable ${name} with error `);
    if (missing !== undefined) return { tone: 'bad', title: words.notFound(what), text: missing, isOld: true };
    const unreadable = after(message, `Could not read base path ${basePath} for servable ${name}: `);
    const text = (unreadable ?? message ?? words.noReason).replace(/; what was found before stands$/u, '');
    return { tone: 'bad', title: words.unreadable(what), text, isOld: true };
  }
  if (message === undefined) return undefined;
  if (after(message, `No versions of servable ${name} found under base path `) !== undefined)
    return { tone: 'warn', text: words.noVersions };
  return {
    tone: 'warn',
    text: message.replaceAll(
      /Version (\d+) of servable .*?, which was requested .*? was not found in the file system/gu,
      (_, version: string) => words.notInFolder(version),
    ),
  };
}

/** What to call the place of a base path. */
export const placeWord = (basePath: string): string => words[placeKind(basePath)];

/** What kind of place a base path leads to; also the values of the `source:` filter. */
export function placeKind(basePath: string): 'folder' | 's3' | 'web' {
  if (/^s3:\/\//iu.test(basePath)) return 's3';
  return /^https?:\/\//iu.test(basePath) ? 'web' : 'folder';
}

const after = (text: string | undefined, start: string): string | undefined =>
  text?.startsWith(start) === true ? text.slice(start.length) : undefined;

/** Whether an entry is ignored because another folder is the same version, such as `001` beside `1`. */
export const isConflict = (ignored: ModelView['source']['ignored'][number]): boolean =>
  ignored.reason.startsWith('conflict');

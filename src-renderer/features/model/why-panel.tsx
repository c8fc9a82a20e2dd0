import type { ModelView, VersionView } from '#contracts/ui.ts';
import { TONE_TEXT } from '../../components/notice.tsx';
import { Countdown } from '../../components/time.tsx';
import { formatCount } from '../../format/quantity.ts';
import { useConnected } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { sourceProblem, whyText } from '../models/reason-text.ts';
import { RETRY_LABEL, useRetry } from '../models/use-retry.ts';
import { unpickedVersions } from '../models/version-choice.ts';
import {
  LANE_LOOK,
  notPickedText,
  retryText,
  servedText,
  STATUS_LOOK,
  versionStatus,
} from '../models/version-status.ts';

const text = strings.model;

/** Why each version is where it is, in sentences. */
export function WhyPanel({ model }: { readonly model: ModelView }) {
  const problem = sourceProblem(model);
  const alive = model.versions.filter((view) => versionStatus(view) !== 'unloaded');
  const unpicked = unpickedVersions(model);
  const serves = model.versions.some(({ phase }) => phase === 'available');
  return (
    <section aria-label={text.why} className="rounded-lg border border-line bg-surface px-4 py-2.5 text-sm">
      <p className="text-muted">
        <span className="font-semibold text-ink">{text.why}</span>{' '}
        {model.versionPolicy.kind === 'specific'
          ? text.whyPinned(servedText(model.versionPolicy))
          : text.whyPolicy[model.aspiredVersionPolicy](servedText(model.versionPolicy))}
        {!serves && <span className="text-bad"> {text.nothingServes}</span>}
      </p>
      {problem && (
        <p className={`mt-1 ${TONE_TEXT[problem.tone]}`}>
          {problem.title !== undefined && <span className="font-medium">{problem.title}: </span>}
          {problem.text}
        </p>
      )}
      {model.labels
        .filter(({ pending }) => pending)
        .map(({ label, version }) => (
          <p key={label} className="mt-1 text-warn">
            {text.labelRefused(label, version)}
          </p>
        ))}
      {(alive.length > 0 || unpicked.length > 0) && (
        <ul className="mt-1 flex flex-col gap-0.5">
          {alive.map((view) => (
            <WhyLine key={view.version} model={model} view={view} />
          ))}
          {unpicked.length > 0 && <NotPickedLine model={model} versions={unpicked} />}
        </ul>
      )}
    </section>
  );
}

/** Of versions that are left out by the policy; more would hide why the others are as they are. */
const NAMED = 6;

function NotPickedLine({ model, versions }: { readonly model: ModelView; readonly versions: readonly string[] }) {
  const { icon: Icon, word } = LANE_LOOK.notLoaded;
  const more = versions.length - NAMED;
  return (
    <li className="flex items-baseline gap-2 text-muted">
      <Icon aria-hidden size={13} className="shrink-0 translate-y-0.5" />
      <span className="min-w-0 break-words">
        <span className="font-mono font-medium text-ink">
          {versions
            .slice(0, NAMED)
            .map((version) => `v${version}`)
            .join(', ')}
        </span>{' '}
        {more > 0 && `${text.andMore(formatCount(more))} `}
        {word.toLowerCase()}: {notPickedText(model.versionPolicy)}
      </span>
    </li>
  );
}

function WhyLine({ model, view }: { readonly model: ModelView; readonly view: VersionView }) {
  const retry = useRetry();
  const connected = useConnected();
  const status = versionStatus(view);
  const { tone, word, icon: Icon } = STATUS_LOOK[status];
  const why = status === 'retrying' ? (view.error?.message ?? whyText(view)) : whyText(view);
  return (
    <li className="flex items-baseline gap-2">
      <Icon aria-hidden size={13} className={`shrink-0 translate-y-0.5 ${TONE_TEXT[tone]}`} />
      <span className="min-w-0 break-words">
        <span className="font-mono font-medium">v{view.version}</span>{' '}
        <span className={TONE_TEXT[tone]}>{word.toLowerCase()}</span>
        {status === 'retrying' && (
          <span className="text-warn">
            , {retryText(view)} <Countdown untilMs={view.retryAtMs ?? 0} />
          </span>
        )}
        {why !== '' && <span className="text-muted">: {why}</span>}
        {(status === 'failed' || status === 'retrying' || (status === 'held' && view.held === 'unloaded')) && (
          <button
            type="button"
            disabled={!connected}
            onClick={() => retry(model.name, view.version, view.held)}
            className="ms-2 rounded-sm font-medium text-accent underline-offset-2 enabled:hover:underline disabled:opacity-50"
          >
            {RETRY_LABEL[status]}
          </button>
        )}
      </span>
    </li>
  );
}

import { CircleAlert, FlaskConical, Hourglass, Layers, RefreshCw } from 'lucide-react';
import { Link } from 'wouter';
import type { ModelView, ServerView, VersionView } from '#contracts/ui.ts';
import { Button, buttonClass } from '../../components/button.tsx';
import { EmptyState } from '../../components/notice.tsx';
import { Countdown } from '../../components/time.tsx';
import { infoKey, latestKnownInfo } from '../../stores/server-store.ts';
import { useConnected, useServer } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { sourceProblem, whyText } from '../models/reason-text.ts';
import { StatusBadge } from '../models/status-badge.tsx';
import { RETRY_LABEL, useRetry } from '../models/use-retry.ts';
import { retryText, STATUS_LOOK, versionStatus } from '../models/version-status.ts';
import { Workspace } from './workspace.tsx';

const words = strings.playground.empty;
const missing = strings.playground.noSignature;

interface BenchProps {
  readonly server: ServerView;
  readonly modelName: string;
  readonly model: ModelView | undefined;
  readonly versionText: string;
  /** The version that is compared with; empty for none. */
  readonly rivalText: string;
}

/** What there is to try: nothing yet, a model whose inputs are not known yet, or the form. */
export function Bench({ server, modelName, model, versionText, rivalText }: BenchProps) {
  const knownInfo = useServer((state) => state.knownInfo);
  const empty = useServer((state) => state.names.every((name) => state.hidden.has(name)));
  if (!model) {
    if (empty) {
      return (
        <EmptyState
          icon={Layers}
          title={words.title}
          actions={
            <Link href="/models" className={buttonClass('primary')}>
              {words.action}
            </Link>
          }
        >
          <p>{words.text}</p>
        </EmptyState>
      );
    }
    return (
      <EmptyState icon={FlaskConical} title={modelName === '' ? words.choose : words.unknown(modelName)}>
        <p>{words.chooseText}</p>
      </EmptyState>
    );
  }
  // The version that would answer, or the one that is waited for.
  const target =
    versionText === ''
      ? (model.versions.find((version) => version.phase === 'available') ?? model.versions[0])
      : model.versions.find(({ version }) => version === versionText);
  // A version that was never loaded most likely takes what its predecessor takes; Send waits for it in any case.
  const latest = latestKnownInfo(knownInfo, model)?.info;
  const info = target ? (knownInfo[infoKey(modelName, target.version)] ?? latest) : latest;
  if (!info || (versionText !== '' && !target))
    return <NoSignature model={model} target={target} versionText={versionText} />;
  return (
    <Workspace
      server={server}
      model={model}
      versionText={versionText}
      rivalText={rivalText}
      target={target}
      info={info}
    />
  );
}

/** A model that has not been available since this page was opened: nothing is known of its inputs. */
function NoSignature({
  model,
  target,
  versionText,
}: {
  readonly model: ModelView;
  readonly target: VersionView | undefined;
  readonly versionText: string;
}) {
  const retry = useRetry();
  const connected = useConnected();
  if (!target) {
    return (
      <EmptyState
        icon={CircleAlert}
        title={versionText === '' ? missing.noVersion(model.name) : missing.unknownVersion(model.name, versionText)}
      >
        <p>{sourceProblem(model)?.text ?? missing.versionHint}</p>
      </EmptyState>
    );
  }
  const status = versionStatus(target);
  const failed = status === 'failed';
  return (
    <EmptyState
      actions={
        (status === 'failed' || status === 'retrying') && (
          <Button icon={RefreshCw} disabled={!connected} onClick={() => retry(model.name, target.version)}>
            {RETRY_LABEL[status]}
          </Button>
        )
      }
      icon={failed ? CircleAlert : Hourglass}
      title={failed ? missing.failed(target.version) : missing.waiting(target.version)}
    >
      <p className="mb-1 flex justify-center">
        <StatusBadge look={STATUS_LOOK[status]} />
      </p>
      <p>{target.error?.message ?? whyText(target)}</p>
      {target.retryAtMs !== undefined && (
        <p>
          {retryText(target)} <Countdown untilMs={target.retryAtMs} />
        </p>
      )}
      <p className="mt-3 text-xs text-faint">{missing.later}</p>
    </EmptyState>
  );
}

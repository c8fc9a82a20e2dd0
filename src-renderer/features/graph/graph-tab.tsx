import { CloudDownload, FileX, RotateCw, TriangleAlert, Waypoints } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { ServableVersion } from '#contracts/ids.ts';
import { compareVersions, parseServableVersion } from '#contracts/ids.ts';
import type { ModelView } from '#contracts/ui.ts';
import { Button, buttonClass } from '../../components/button.tsx';
import { EmptyState } from '../../components/notice.tsx';
import { Select } from '../../components/select.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { useConnected } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { modelHref } from '../models/model-links.ts';
import { STATUS_LOOK, versionStatus } from '../models/version-status.ts';
import { GraphPane } from './graph-pane.tsx';
import { useGraphView } from './use-graph-view.ts';
import { useModelGraph } from './use-model-graph.ts';

const text = strings.graph;

/** The graph of a version: its nodes and weights as tables, and as a drawing. */
export function GraphTab({ model }: { readonly model: ModelView }) {
  const [view, change] = useGraphView();
  const versions = versionsOf(model);
  const version = parseServableVersion(view.version ?? '') ?? versions.preferred;
  if (version === undefined) {
    return (
      <EmptyState
        icon={Waypoints}
        title={text.noVersion}
        actions={
          <Link href={modelHref(model.name)} className={`${buttonClass()} hover:bg-hover`}>
            {text.toVersions}
          </Link>
        }
      >
        <p>{text.noVersionHint}</p>
      </EmptyState>
    );
  }
  const picker = (
    <div className="w-40">
      <Select
        label={text.version}
        labelHidden
        selected={version}
        options={(versions.all.includes(version) ? versions.all : [version, ...versions.all]).map((key) => ({
          key,
          label: text.versionOption(key, versions.stateOf(key)),
        }))}
        // What was open belongs to the other version.
        onSelect={(next) => change({ version: next, graph: 0, node: undefined, weight: undefined })}
      />
    </div>
  );
  return <VersionGraph key={version} model={model} version={version} picker={picker} />;
}

/** The versions whose files there may be, the newest first: those that the manager knows, and those that were found. */
function versionsOf(model: ModelView): {
  readonly all: readonly ServableVersion[];
  /** The newest that serves, else the newest. */
  readonly preferred: ServableVersion | undefined;
  readonly stateOf: (version: ServableVersion) => string;
} {
  const states = new Map(model.versions.map((view) => [view.version, versionStatus(view)]));
  const all = [...new Set([...states.keys(), ...model.source.versions.map(({ version }) => version)])].toSorted(
    (a, b) => compareVersions(b, a),
  );
  return {
    all,
    preferred: all.find((version) => states.get(version) === 'available') ?? all[0],
    stateOf: (version) => {
      const status = states.get(version);
      return status === undefined ? text.notServed : STATUS_LOOK[status].word;
    },
  };
}

function VersionGraph({
  model,
  version,
  picker,
}: {
  readonly model: ModelView;
  readonly version: ServableVersion;
  readonly picker: ReactNode;
}) {
  const [answer, retry] = useModelGraph(model.name, version);
  const connected = useConnected();
  switch (answer.kind) {
    case 'ready':
      return <GraphPane model={answer.graph} name={model.name} version={version} picker={picker} />;
    case 'waiting':
      return (
        <div className="flex flex-col gap-3 px-5 pt-3">
          {picker}
          <Skeleton rows={5} label={text.loading} />
        </div>
      );
    case 'failed': {
      const { icon, title, hint } = WHY[answer.code] ?? { icon: TriangleAlert, title: text.failed, hint: undefined };
      return (
        <div className="flex min-h-0 flex-1 flex-col overflow-y-auto px-5 pt-3">
          {picker}
          <EmptyState
            icon={icon}
            title={title}
            actions={
              <>
                <Button icon={RotateCw} disabled={!connected} onClick={retry}>
                  {text.tryAgain}
                </Button>
                <Link href={modelHref(model.name)} className={`${buttonClass()} hover:bg-hover`}>
                  {text.toVersions}
                </Link>
              </>
            }
          >
            {hint !== undefined && <p>{hint}</p>}
            <p role="alert" className="mt-1 break-words">
              {answer.message}
            </p>
          </EmptyState>
        </div>
      );
    }
    default:
      return answer satisfies never;
  }
}

/** What is wrong, where the code tells. */
const WHY: Readonly<
  Record<string, { readonly icon: typeof FileX; readonly title: string; readonly hint: string | undefined }>
> = {
  FAILED_PRECONDITION: { icon: CloudDownload, title: text.notHere, hint: text.notHereHint },
  NOT_FOUND: { icon: FileX, title: text.gone, hint: undefined },
};

import { ChevronLeft, Layers, SearchX } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { Link, useParams, useSearchParams } from 'wouter';
import type { ModelView } from '#contracts/ui.ts';
import { buttonClass } from '../../components/button.tsx';
import { EmptyState } from '../../components/notice.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { useServer } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { logsHref, modelHref, playHref } from '../models/model-links.ts';
import { policyText } from '../models/version-status.ts';
import { OverviewTab } from './overview-tab.tsx';
import { useModel } from './use-model-history.ts';
import { VersionsTab } from './versions-tab.tsx';

const text = strings.model;

// Nobody needs the graph to see how a model does.
const GraphTab = lazy(async () => {
  const { GraphTab: tab } = await import('../graph/graph-tab.tsx');
  return { default: tab };
});

/** One model: the life of its versions, and what it is. */
export function ModelScreen() {
  const params = useParams<{ readonly name: string; readonly version?: string }>();
  const name = decodeURIComponent(params.name);
  const known = useServer((state) => state.server !== undefined);
  const model = useModel(name);
  if (!known) {
    return (
      <>
        <h1 className="px-5 pt-4 text-lg font-semibold tracking-tight">{name}</h1>
        <TabSkeleton />
      </>
    );
  }
  if (!model) {
    return (
      <>
        <h1 className="px-5 pt-4 text-lg font-semibold tracking-tight">{name}</h1>
        <EmptyState
          icon={SearchX}
          title={text.unknown(name)}
          actions={
            <Link href="/models" className={`${buttonClass('primary')} hover:bg-accent-fill-hover`}>
              {text.toModels}
            </Link>
          }
        >
          <p>{text.unknownHint}</p>
        </EmptyState>
      </>
    );
  }
  return <Model key={name} model={model} version={params.version} />;
}

const TABS = ['versions', 'overview', 'graph'] as const;

function Model({ model, version }: { readonly model: ModelView; readonly version: string | undefined }) {
  const [params] = useSearchParams();
  const tab = TABS.find((key) => key === params.get('tab')) ?? 'versions';
  const at = modelHref(model.name);
  const named = new URLSearchParams({ model: model.name }).toString();
  return (
    <div className="@container flex h-full min-h-0 flex-col">
      <header className="px-5 pt-3">
        <Link href="/models" className="inline-flex items-center gap-0.5 rounded-sm text-xs text-muted hover:text-ink">
          <ChevronLeft aria-hidden size={13} className="rtl:rotate-180" />
          {text.back}
        </Link>
        <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1 pb-2">
          <h1 className="flex min-w-0 items-center gap-2 text-lg font-semibold tracking-tight">
            <Layers aria-hidden size={17} className="shrink-0 text-faint" />
            <span className="truncate">{model.name}</span>
          </h1>
          <span className="text-xs text-muted">{policyText(model.versionPolicy)}</span>
          <span className="min-w-0 truncate font-mono text-2xs text-faint" title={model.basePath}>
            {model.basePath}
          </span>
        </div>
        <Tabs
          label={text.tabs}
          current={tab}
          tabs={[
            { key: 'versions', label: text.tab.versions, href: at },
            { key: 'overview', label: text.tab.overview, href: `${at}?tab=overview` },
            { key: 'graph', label: text.tab.graph, href: `${at}?tab=graph` },
            { key: 'play', label: text.tab.play, href: playHref(model.name) },
            { key: 'traffic', label: text.tab.traffic, href: `/traffic?${named}` },
            { key: 'logs', label: text.tab.logs, href: logsHref(model.name) },
          ]}
        />
      </header>
      {tab === 'overview' && <OverviewTab model={model} />}
      {tab === 'versions' && <VersionsTab model={model} initialVersion={version} />}
      {tab === 'graph' && (
        <Suspense fallback={<TabSkeleton />}>
          <GraphTab model={model} />
        </Suspense>
      )}
    </div>
  );
}

function TabSkeleton() {
  return (
    <div className="px-5 pt-4">
      <Skeleton rows={5} label={text.loading} />
    </div>
  );
}

import { RefreshCw, Unplug } from 'lucide-react';
import { useSearchParams } from 'wouter';
import { Button } from '../../components/button.tsx';
import { EmptyState } from '../../components/notice.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { Countdown } from '../../components/time.tsx';
import { useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { Bench } from './bench.tsx';
import { ComparePicker, ModelPicker, VersionPicker } from './pickers.tsx';

const words = strings.playground;

/** Tries a model: a form from its signature, the public endpoint, the answer as a table. */
export function PlaygroundScreen() {
  const [params, setParams] = useSearchParams();
  const modelName = params.get('model') ?? '';
  const versionText = params.get('version') ?? '';
  const rivalText = params.get('compare') ?? '';
  const server = useServer((state) => state.server);
  const connection = useServer((state) => state.connection);
  const model = useServer((state) => state.models[modelName]);
  const { stream } = useServices();
  const change = (chosen: { readonly version: string; readonly compare: string }): void => {
    const kept = Object.entries(chosen).filter(([, value]) => value !== '');
    setParams({ model: modelName, ...Object.fromEntries(kept) });
  };

  return (
    <div className="flex h-full min-h-0 flex-col">
      <header className="flex flex-wrap items-center gap-x-4 gap-y-2 px-5 pt-4 pb-3">
        <h1 className="text-lg font-semibold tracking-tight">{words.title}</h1>
        {server && (
          <>
            <ModelPicker selected={modelName} onSelect={(name) => setParams(name === '' ? {} : { model: name })} />
            {model && (
              <>
                <VersionPicker
                  model={model}
                  selected={versionText}
                  onSelect={(version) => change({ version, compare: rivalText })}
                />
                <ComparePicker
                  model={model}
                  selected={rivalText}
                  onSelect={(compare) => change({ version: versionText, compare })}
                />
              </>
            )}
          </>
        )}
      </header>
      {server ? (
        <Bench
          key={`${modelName}/${versionText}`}
          server={server}
          modelName={modelName}
          model={model}
          versionText={versionText}
          rivalText={rivalText}
        />
      ) : connection.phase === 'lost' ? (
        <EmptyState
          icon={Unplug}
          title={words.unreachable}
          actions={
            <Button variant="primary" icon={RefreshCw} onClick={() => stream.tryNow()}>
              {words.tryNow}
            </Button>
          }
        >
          <p>{connection.reason}</p>
          <p className="mt-1">
            {words.tryingAgain} <Countdown untilMs={connection.retryAtMs} />.
          </p>
        </EmptyState>
      ) : (
        <div className="px-5 pt-1">
          <Skeleton rows={4} label={words.loading} />
        </div>
      )}
    </div>
  );
}

import type { LucideIcon } from 'lucide-react';
import { CloudDownload, FolderPlus, Layers, Package } from 'lucide-react';
import { Button } from '../../components/button.tsx';
import { useConnected, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { useOpenS3 } from './use-open-s3.ts';

const words = strings.models.empty;

/** There is no model: what one is, and three ways to get some. The whole window takes folders that are dropped. */
export function EmptyModels() {
  const { list } = useServices();
  const openS3 = useOpenS3();
  return (
    <div className="min-h-0 flex-1 overflow-y-auto px-4 pb-4">
      <div className="flex min-h-full flex-col items-center justify-center gap-6 rounded-lg border-2 border-dashed border-line-strong px-4 py-8">
        <div className="flex max-w-md flex-col items-center text-center">
          <span className="mb-4 flex size-11 items-center justify-center rounded-lg border border-line bg-surface text-muted shadow-raised">
            <Layers aria-hidden size={20} strokeWidth={1.75} />
          </span>
          <h2 className="text-md font-semibold">{words.title}</h2>
          <p className="mt-1.5 text-sm text-muted">{words.text}</p>
        </div>
        <ul className="grid w-full max-w-3xl grid-cols-[repeat(auto-fit,minmax(12rem,1fr))] gap-3">
          <Card icon={FolderPlus} words={words.folder} isFirst onRun={() => list.getState().add({ paths: [] })} />
          <Card icon={CloudDownload} words={words.s3} onRun={openS3} />
          <Card
            icon={Package}
            words={words.sample}
            onRun={() => list.getState().add({ paths: [], notice: words.sample.notice })}
          />
        </ul>
      </div>
    </div>
  );
}

function Card({
  icon: Icon,
  words: { title, text, action },
  isFirst = false,
  onRun,
}: {
  readonly icon: LucideIcon;
  readonly words: { readonly title: string; readonly text: string; readonly action: string };
  readonly isFirst?: boolean;
  readonly onRun: () => void;
}) {
  const connected = useConnected();
  return (
    <li className="flex flex-col items-start gap-1.5 rounded-lg border border-line bg-surface p-4 shadow-raised">
      <Icon aria-hidden size={18} className="mb-1 text-accent" />
      <h3 className="text-sm font-semibold">{title}</h3>
      <p className="flex-1 text-sm text-muted">{text}</p>
      <div className="mt-2">
        <Button size="sm" variant={isFirst ? 'primary' : 'secondary'} disabled={!connected} onClick={onRun}>
          {action}
        </Button>
      </div>
    </li>
  );
}

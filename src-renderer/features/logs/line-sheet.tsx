import { ListFilter, Layers } from 'lucide-react';
import { Link } from 'wouter';
import type { LogLine } from '#contracts/ui-logs.ts';
import { Button, buttonClass } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy.tsx';
import { Sheet } from '../../components/sheet.tsx';
import { formatAbsolute } from '../../format/time.ts';
import { strings } from '../../strings/index.ts';
import { lineText } from './line-query.ts';
import type { LogView } from './use-log-view.ts';

const text = strings.logs;

/** One line in full, and the ways from it to what it is about. */
export function LineSheet({
  line,
  clockOffsetMs,
  setView,
  onClose,
}: {
  readonly line: LogLine;
  readonly clockOffsetMs: number;
  readonly setView: (change: Partial<LogView>) => void;
  readonly onClose: () => void;
}) {
  const { level, component, model, version, message, detail } = line;
  const at = formatAbsolute(line.atMs - clockOffsetMs);
  const only = (change: Partial<LogView>) => () => {
    setView(change);
    onClose();
  };
  return (
    <Sheet
      title={text.line}
      isOpen
      onClose={onClose}
      footer={
        <>
          {model !== undefined && (
            <>
              <Link href={`/models/${encodeURIComponent(model)}`} className={`${buttonClass()} hover:bg-hover`}>
                <Layers aria-hidden size={15} />
                {text.openModel}
              </Link>
              <Button icon={ListFilter} onClick={only({ model })}>
                {text.onlyModel(model)}
              </Button>
            </>
          )}
          {component !== '' && (
            <Button icon={ListFilter} onClick={only({ component })}>
              {text.onlyComponent(component)}
            </Button>
          )}
          <CopyButton text={`${at} ${lineText(line)}`} what={text.copied} label={text.copyLine} />
        </>
      }
    >
      <p className={`text-md font-medium break-words ${level === 'error' ? 'text-bad' : ''}`}>{message}</p>
      <dl className="mt-3 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-sm">
        <Fact name={text.time} value={at} />
        <Fact name={text.level} value={text.levels[level]} />
        {component !== '' && <Fact name={text.component} value={component} />}
        {model !== undefined && <Fact name={text.of} value={version === undefined ? model : `${model} v${version}`} />}
      </dl>
      {detail !== '' && (
        <>
          <h3 className="mt-4 mb-1 text-xs font-medium text-muted">{text.detail}</h3>
          <pre className="rounded-md border border-line bg-sunken p-3 font-mono text-xs wrap-anywhere whitespace-pre-wrap">
            {detail}
          </pre>
        </>
      )}
    </Sheet>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 break-words">{value}</dd>
    </>
  );
}

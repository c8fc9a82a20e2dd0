import { Activity, CircleOff, FlaskConical, Layers, SearchX } from 'lucide-react';
import { Link } from 'wouter';
import type { RecordingSettings } from '#contracts/ui-traffic.ts';
import { Button, buttonClass } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy.tsx';
import { EmptyState, Notice } from '../../components/notice.tsx';
import { useConnected, useServer } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { exampleCommand } from '../models/example-snippet.ts';

const text = strings.traffic;

/** Nothing was called yet: a command to begin with. */
export function NoRequests() {
  const server = useServer((state) => state.server);
  const names = useServer((state) => state.names);
  const models = useServer((state) => state.models);
  const hidden = useServer((state) => state.hidden);
  const commands = names.flatMap((name) => {
    const model = models[name];
    if (!server || !model || hidden.has(name)) return [];
    const info = model.versions.find(({ phase }) => phase === 'available')?.info;
    return [{ name, command: exampleCommand(server, model, info) }];
  });
  // A prediction says more than a question for the state, which is all that a model with a long input gets.
  const example = commands.find(({ command }) => command.includes(':predict')) ?? commands[0];
  if (!example) {
    return (
      <EmptyState
        icon={Activity}
        title={text.empty}
        actions={
          <Link href="/models" className={buttonClass('primary')}>
            <Layers aria-hidden size={15} />
            {text.addModel}
          </Link>
        }
      >
        <p>{text.emptyNoModel}</p>
      </EmptyState>
    );
  }
  const { name, command } = example;
  return (
    <EmptyState
      icon={Activity}
      title={text.empty}
      actions={
        <>
          <CopyButton text={command} what={text.commandName} label={text.copyCommand} />
          <Link href={`/play?model=${encodeURIComponent(name)}`} className={buttonClass('secondary', 'sm')}>
            <FlaskConical aria-hidden size={13} />
            {text.openPlayground}
          </Link>
        </>
      }
    >
      <p>{text.emptyText}</p>
      <pre
        aria-label={text.command}
        className="mt-3 rounded-md border border-line bg-sunken p-3 text-start font-mono text-xs wrap-anywhere whitespace-pre-wrap text-ink"
      >
        {command}
      </pre>
    </EmptyState>
  );
}

/** There are requests, but the filters let none through. */
export function NoMatch({ onClear }: { readonly onClear: () => void }) {
  return (
    <EmptyState icon={SearchX} title={text.noMatch} actions={<Button onClick={onClear}>{text.clearFilters}</Button>}>
      <p>{text.noMatchText}</p>
    </EmptyState>
  );
}

/** Recording is off. `isSlim`: above what was recorded before. */
export function NotRecorded({
  settings,
  onRecord,
  isSlim = false,
}: {
  readonly settings: RecordingSettings;
  readonly onRecord: (settings: RecordingSettings) => void;
  readonly isSlim?: boolean;
}) {
  const connected = useConnected();
  const action = (
    <Button
      size={isSlim ? 'sm' : 'md'}
      variant={isSlim ? 'secondary' : 'primary'}
      disabled={!connected}
      onClick={() => onRecord({ ...settings, enabled: true })}
    >
      {text.record}
    </Button>
  );
  if (isSlim) {
    return (
      <div className="px-5 pb-2">
        <Notice tone="idle" icon={CircleOff} title={text.off} actions={action} />
      </div>
    );
  }
  return (
    <EmptyState icon={CircleOff} title={text.off} actions={action}>
      <p>{text.offText}</p>
    </EmptyState>
  );
}

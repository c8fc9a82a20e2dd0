import { KeyRound } from 'lucide-react';
import { useState } from 'react';
import type { ModelView, ServerView } from '#contracts/ui.ts';
import type { UiCommandResult } from '#contracts/ui-commands.ts';
import { Button } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Field } from '../../components/field.tsx';
import { Notice } from '../../components/notice.tsx';
import { errorText } from '../../stores/commands.ts';
import { latestKnownInfo } from '../../stores/server-store.ts';
import { useConnected, useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { tokenExample } from './token-example.ts';

const words = strings.servingSettings.tokens.dialog;
const MAX_NAME = 60;

type Created = UiCommandResult<'createAccessToken'>;

/** Makes a token and shows its secret, which lives in this dialog only and is gone when it closes. */
export function NewTokenDialog({ onClose }: { readonly onClose: () => void }) {
  const { commands } = useServices();
  const connected = useConnected();
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const [created, setCreated] = useState<Created>();

  const create = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      setCreated(await commands.run('createAccessToken', { name: name.trim() }));
    } catch (error) {
      setProblem(errorText(error));
    } finally {
      setBusy(false);
    }
  };
  const isReady = name.trim() !== '' && connected && !isBusy;
  // One dialog for both steps, so that the focus goes back to where it came from.
  return (
    <Dialog
      title={created ? words.createdTitle(created.token.name) : words.title}
      isOpen
      onClose={onClose}
      footer={
        created ? (
          <Button key="done" variant="primary" autoFocus onClick={onClose}>
            {words.done}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{strings.components.cancel}</Button>
            <Button variant="primary" disabled={!isReady} onClick={() => void create()}>
              {words.create}
            </Button>
          </>
        )
      }
    >
      {created ? (
        <Secret secret={created.secret} />
      ) : (
        <form
          className="px-4 py-3"
          onSubmit={(event) => {
            event.preventDefault();
            if (isReady) void create();
          }}
        >
          <Field
            label={words.name}
            hint={words.hint}
            error={problem}
            value={name}
            maxLength={MAX_NAME}
            autoFocus
            onChange={(event) => {
              setName(event.target.value);
              setProblem(undefined);
            }}
          />
        </form>
      )}
    </Dialog>
  );
}

function Secret({ secret }: { readonly secret: string }) {
  const server = useServer((state) => state.server);
  const models = useServer((state) => state.models);
  const knownInfo = useServer((state) => state.knownInfo);
  const example = server && shortestExample(server, Object.values(models), knownInfo);
  return (
    <div className="flex flex-col gap-4 overflow-y-auto px-4 py-3">
      <Notice tone="warn" icon={KeyRound}>
        {words.once}
      </Notice>
      <Block label={words.secret} text={secret} copyLabel={words.copy} what={words.what} />
      {example !== undefined && (
        <div className="flex flex-col gap-1">
          <Block label={words.example} text={example} copyLabel={words.copyExample} what={words.exampleWhat} />
          <p className="text-xs text-muted">
            {words.exampleNote} {server?.serving.exposure === undefined && words.exampleElsewhere}
          </p>
        </div>
      )}
    </div>
  );
}

/** The shortest whole call of any model, so that it can be read; where there is none, a question after a state. */
function shortestExample(
  server: ServerView,
  models: readonly ModelView[],
  knownInfo: Parameters<typeof latestKnownInfo>[0],
): string | undefined {
  const examples = models.map((model) => tokenExample(server, model, latestKnownInfo(knownInfo, model)?.info));
  const calls = examples.filter((example) => example.includes(':predict'));
  return (calls.length > 0 ? calls : examples).toSorted((a, b) => a.length - b.length)[0];
}

function Block({
  label,
  text,
  copyLabel,
  what,
}: {
  readonly label: string;
  readonly text: string;
  readonly copyLabel: string;
  readonly what: string;
}) {
  return (
    <section aria-label={label} className="flex flex-col gap-1">
      <div className="flex items-center justify-between gap-2">
        <h3 className="text-xs font-medium text-muted">{label}</h3>
        <CopyButton text={text} what={what} label={copyLabel} />
      </div>
      <pre className="rounded-md border border-line bg-sunken px-3 py-2 font-mono text-xs wrap-anywhere whitespace-pre-wrap select-all">
        {text}
      </pre>
    </section>
  );
}

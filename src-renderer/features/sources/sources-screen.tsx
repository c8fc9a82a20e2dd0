import { ClipboardPaste, Plus } from 'lucide-react';
import { useState } from 'react';
import { useLocation, useParams } from 'wouter';
import type { ConnectionPreset } from '#contracts/ui-sources.ts';
import { Button } from '../../components/button.tsx';
import { inputClass } from '../../components/field.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { errorText } from '../../stores/commands.ts';
import { useBoard, useConnected, useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { ConnectionEditor } from './connection-editor.tsx';
import { formOf, newForm, withUrl } from './connection-form.ts';
import { ConnectionList } from './connection-list.tsx';
import { Overview } from './overview.tsx';
import { NEW, useSourcesMemory, useSourcesMemoryStore } from './sources-memory.ts';
import { looksLikeUrl, useUrlPaste } from './use-url-paste.ts';

const words = strings.sources;

/** Where models come from: connections to stores, the places that are watched, and what is on its way. */
export function SourcesScreen() {
  const { part } = useParams<{ part?: string }>();
  const { commands, toasts } = useServices();
  const [, navigate] = useLocation();
  const connected = useConnected();
  const isLive = useServer((state) => state.connection.phase === 'live');
  const memory = useSourcesMemoryStore();
  const hidden = useSourcesMemory((state) => state.hidden);
  const hasNewDraft = useSourcesMemory((state) => NEW in state.drafts);
  const told = useBoard('sources');
  const board = told && { ...told, connections: told.connections.filter(({ id }) => !hidden.has(id)) };
  const keepsKeys = board !== undefined && board.protection.kind !== 'none';

  /** Into the form that is open, else into a new one. */
  const fillFrom = async (text: string): Promise<void> => {
    try {
      const url = await commands.run('parseS3Url', { text });
      const id = part ?? NEW;
      const open = board?.connections.find((connection) => connection.id === id);
      const form = memory.getState().drafts[id] ?? (open ? formOf(open) : newForm('aws', keepsKeys));
      memory.getState().setDraft(id, withUrl(form, url));
      navigate(`/sources/${id}`);
      toasts.getState().show({ tone: 'neutral', message: [words.paste.filled(url.uri), ...url.notes].join(' ') });
    } catch (error) {
      toasts.getState().show({ tone: 'bad', message: words.paste.failed(errorText(error)) });
    }
  };
  useUrlPaste((text) => void fillFrom(text));

  const begin = (preset: ConnectionPreset): void => {
    memory.getState().setDraft(NEW, newForm(preset, keepsKeys));
    navigate(`/sources/${NEW}`);
  };

  return (
    <div className="flex h-full min-h-0 flex-col">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b border-line px-5 pt-4 pb-3">
        <h1 className="text-lg font-semibold tracking-tight">{words.title}</h1>
        <PasteField disabled={!connected} onUrl={(text) => void fillFrom(text)} />
        <span className="flex-1" />
        {/* One way on at a time: the form that it opens has its own. */}
        <Button
          variant={part === NEW ? 'secondary' : 'primary'}
          icon={Plus}
          disabled={!connected}
          onClick={() => navigate(`/sources/${NEW}`)}
        >
          {words.newConnection}
        </Button>
      </header>
      {board ? (
        <div className={`flex min-h-0 flex-1 max-[900px]:flex-col ${isLive ? '' : 'is-stale'}`}>
          <ConnectionList board={board} current={part} hasNewDraft={hasNewDraft} />
          <div className="min-h-0 min-w-0 flex-1 overflow-y-auto">
            {part === undefined ? (
              <Overview board={board} onPreset={begin} />
            ) : (
              <ConnectionEditor key={part} id={part} board={board} />
            )}
          </div>
        </div>
      ) : (
        <div className="px-5 pt-4">
          <Skeleton rows={4} label={words.loading} />
        </div>
      )}
    </div>
  );
}

/** For those who do not expect that a paste anywhere does. */
function PasteField({ disabled, onUrl }: { readonly disabled: boolean; readonly onUrl: (text: string) => void }) {
  const [text, setText] = useState('');
  const take = (url: string): void => {
    if (!looksLikeUrl(url)) return;
    setText('');
    onUrl(url.trim());
  };
  return (
    <form
      data-takes-urls
      className="relative max-w-md min-w-56 flex-1"
      onSubmit={(event) => {
        event.preventDefault();
        take(text);
      }}
    >
      <ClipboardPaste
        aria-hidden
        size={14}
        className="pointer-events-none absolute inset-y-0 start-2.5 my-auto text-faint"
      />
      <input
        aria-label={words.paste.label}
        placeholder={words.paste.placeholder}
        autoComplete="off"
        spellCheck={false}
        disabled={disabled}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onPaste={(event) => {
          const pasted = event.clipboardData.getData('text');
          if (!looksLikeUrl(pasted)) return;
          event.preventDefault();
          take(pasted);
        }}
        className={`${inputClass} ps-8`}
      />
    </form>
  );
}

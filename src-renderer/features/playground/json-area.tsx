import { Download, FileJson } from 'lucide-react';
import type { ReactNode } from 'react';
import { useEffect, useMemo, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { CodeEditor } from '../../components/code-editor.tsx';
import { formatBytes } from '../../format/quantity.ts';
import { saveFile } from '../../save-file.ts';
import { strings } from '../../strings/index.ts';
import { breakLines, hasLongLine } from '../../tensors/break-lines.ts';
import { FileButton } from './file-button.tsx';

const words = strings.playground.request;

/** Longer texts are shown as a file until the user insists. */
export const MAX_SHOWN_CHARACTERS = 5_000_000;
const LINE_PX = 18;
const PADDING_PX = 18;
const JSON_TYPES = '.json,application/json';

/** An editor for JSON. What is very long is a file: saved, replaced, or edited all the same. */
export function JsonArea({
  label,
  text,
  problem,
  rows,
  isOpened = false,
  onChange,
  onBlur,
}: {
  readonly label: string;
  readonly text: string;
  readonly problem: ReactNode;
  /** Height in lines; undefined fills the pane. */
  readonly rows?: number;
  /** Whether the user has insisted already. */
  readonly isOpened?: boolean;
  readonly onChange: (text: string) => void;
  readonly onBlur?: () => void;
}) {
  const [insists, setInsists] = useState(isOpened);
  if (text.length > MAX_SHOWN_CHARACTERS && !insists) {
    return (
      <RequestChip
        text={text}
        onReplace={onChange}
        onEdit={(next) => {
          setInsists(true);
          if (next !== text) onChange(next);
        }}
      />
    );
  }
  const isPane = rows === undefined;
  return (
    <div onBlur={onBlur} className={`flex min-h-0 flex-col gap-1 ${isPane ? 'flex-1' : ''}`}>
      <div
        className={`flex min-h-0 ${isPane ? 'flex-1' : ''}`}
        {...(isPane ? {} : { style: { height: rows * LINE_PX + PADDING_PX } })}
      >
        <CodeEditor
          label={label}
          text={text}
          isInvalid={problem !== undefined}
          hasLineNumbers={isPane}
          isWrapped={!isPane}
          onChange={(next) => {
            if (next !== text) onChange(next);
          }}
        />
      </div>
      {problem !== undefined && (
        <p role="alert" className="text-xs text-bad">
          {problem}
        </p>
      )}
    </div>
  );
}

/** A request too long to show, as a file. */
export function RequestChip({
  text,
  onReplace,
  onEdit,
}: {
  readonly text: string;
  readonly onReplace: (text: string) => void;
  /** Called with the text in lines that an editor takes well. */
  readonly onEdit: (text: string) => void;
}) {
  /** What is being made ready. */
  const [editing, setEditing] = useState<AbortController | undefined>();
  useEffect(() => () => editing?.abort(), [editing]);
  const edit = async (): Promise<void> => {
    if (!hasLongLine(text)) return onEdit(text);
    const mine = new AbortController();
    setEditing(mine);
    try {
      const lines = await breakLines(text, async () => {
        await new Promise((done) => setTimeout(done));
        mine.signal.throwIfAborted();
      });
      onEdit(lines);
    } catch (error) {
      // Nobody waits for it any more.
      if (!mine.signal.aborted) throw error;
    }
  };
  return (
    <FileChip name="request.json" text={text} note={`${words.tooLong} ${words.editAnywayHint}`}>
      <FileButton
        label={words.replaceFile}
        name={words.replaceFileName}
        accept={JSON_TYPES}
        variant="secondary"
        onFile={({ bytes }) => onReplace(new TextDecoder().decode(bytes))}
      />
      <Button size="sm" disabled={editing !== undefined} onClick={() => void edit()}>
        {editing === undefined ? words.editAnyway : words.preparing}
      </Button>
    </FileChip>
  );
}

/** A text too long to show: what it is, how large, and a button that saves it. */
export function FileChip({
  name,
  text,
  note,
  children,
}: {
  readonly name: string;
  readonly text: string;
  readonly note: string;
  readonly children?: ReactNode;
}) {
  const sizeBytes = useMemo(() => new Blob([text]).size, [text]);
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-md border border-line bg-surface px-3 py-2.5 text-xs">
      <FileJson aria-hidden size={20} className="text-muted" />
      <span className="min-w-40 flex-1">
        <span className="font-mono font-medium">{name}</span>
        <span className="ms-2 tabular-nums">{formatBytes(sizeBytes)}</span>
        <span className="block text-muted">{note}</span>
      </span>
      <span className="flex flex-wrap items-center gap-1.5">
        <SaveButton name={name} text={text} />
        {children}
      </span>
    </div>
  );
}

/** Saves a text as a file by the browser's own download. */
export function SaveButton({ name, text }: { readonly name: string; readonly text: string }) {
  return (
    <Button size="sm" icon={Download} onClick={() => saveFile(name, text, 'application/json')}>
      {words.save(name)}
    </Button>
  );
}

import { Download, FileJson } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { Button } from '../../components/button.tsx';
import { formatBytes } from '../../format/quantity.ts';
import { saveFile } from '../../save-file.ts';
import { strings } from '../../strings/index.ts';

const words = strings.playground.request;

/** Longer texts make a text box slow; they are shown as a file until the user insists. */
const MAX_EDITED_CHARACTERS = 200_000;

/** A text box for JSON. What does not fit a text box is a file chip. */
export function JsonArea({
  label,
  text,
  problem,
  rows,
  onChange,
  onBlur,
}: {
  readonly label: string;
  readonly text: string;
  readonly problem: ReactNode;
  /** Height in lines; undefined fills the pane. */
  readonly rows?: number;
  readonly onChange: (text: string) => void;
  readonly onBlur?: () => void;
}) {
  const [insists, setInsists] = useState(false);
  if (text.length > MAX_EDITED_CHARACTERS && !insists) {
    return (
      <FileChip name="request.json" text={text}>
        <Button size="sm" onClick={() => setInsists(true)}>
          {words.editAnyway}
        </Button>
      </FileChip>
    );
  }
  return (
    <div className={`flex min-h-0 flex-col gap-1 ${rows === undefined ? 'flex-1' : ''}`}>
      <textarea
        aria-label={label}
        aria-invalid={problem !== undefined}
        spellCheck={false}
        autoComplete="off"
        wrap={rows === undefined ? 'off' : 'soft'}
        {...(rows === undefined ? {} : { rows })}
        value={text}
        onChange={(event) => onChange(event.target.value)}
        onBlur={onBlur}
        className={`min-h-16 w-full rounded-md border border-control bg-surface px-2.5 py-2 font-mono text-xs hover:border-muted aria-invalid:border-bad ${rows === undefined ? 'flex-1 resize-none' : 'resize-y'}`}
      />
      {problem !== undefined && (
        <p role="alert" className="text-xs text-bad">
          {problem}
        </p>
      )}
    </div>
  );
}

/** A text too long to show, as a file that can be saved. */
function FileChip({
  name,
  text,
  children,
}: {
  readonly name: string;
  readonly text: string;
  readonly children?: ReactNode;
}) {
  return (
    <div className="flex flex-wrap items-center gap-3 rounded-md border border-line bg-surface px-3 py-2.5 text-xs">
      <FileJson aria-hidden size={18} className="text-muted" />
      <span className="min-w-0 flex-1">
        <span className="font-mono font-medium">{name}</span>{' '}
        <span className="text-muted">
          {formatBytes(new Blob([text]).size)}, {words.tooLong}
        </span>
      </span>
      <SaveButton name={name} text={text} />
      {children}
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

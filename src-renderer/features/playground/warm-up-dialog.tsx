import { useState } from 'react';
import { Button } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Field } from '../../components/field.tsx';
import { NumberField } from '../../components/number-field.tsx';
import { Checkbox } from '../../components/switch.tsx';
import { saveFile } from '../../save-file.ts';
import type { Answer } from '../../stores/play-store.ts';
import { strings } from '../../strings/index.ts';
import { warmUpFile } from '../../tensors/warm-up.ts';

const words = strings.playground.warmUp;
const DEFAULT_TOLERANCE = 0.0001;
const MAX_SHOWN_CHARACTERS = 6000;

/** Turns a request and its answer into the file by which a new version proves itself before it serves. */
export function WarmUpDialog({ answer, onClose }: { readonly answer: Answer; readonly onClose: () => void }) {
  const [name, setName] = useState<string>(words.defaultName);
  const [compares, setCompares] = useState(true);
  const [tolerance, setTolerance] = useState(DEFAULT_TOLERANCE);
  const file = warmUpFile({
    name,
    request: answer.request,
    ...(compares && { expected: answer.body, tolerance }),
  });
  return (
    <Dialog
      title={words.title}
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{words.close}</Button>
          {file !== undefined && (
            <>
              <CopyButton text={file} what={words.theFile} label={words.copy} />
              <Button variant="primary" onClick={() => saveFile('warmup.json', file, 'application/json')}>
                {words.save}
              </Button>
            </>
          )}
        </>
      }
    >
      <div className="flex min-h-0 flex-col gap-3 overflow-y-auto p-4">
        <p className="text-sm text-muted">{words.text}</p>
        <Field label={words.name} value={name} onChange={(event) => setName(event.target.value)} />
        <Checkbox label={words.expected} isOn={compares} onChange={setCompares} />
        {compares && (
          <div className="max-w-xs">
            <NumberField
              label={words.tolerance}
              hint={words.toleranceHint}
              value={tolerance}
              min={0}
              max={1}
              step={0.0001}
              onChange={(next) => setTolerance(next ?? DEFAULT_TOLERANCE)}
            />
          </div>
        )}
        <p className="text-sm">{words.file}</p>
        <pre
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- without it a keyboard could not scroll the box
          tabIndex={0}
          aria-label={words.content}
          role="group"
          className="max-h-48 overflow-auto rounded-md border border-line bg-sunken p-3 font-mono text-xs whitespace-pre-wrap"
        >
          {file?.slice(0, MAX_SHOWN_CHARACTERS)}
        </pre>
      </div>
    </Dialog>
  );
}

import { CircleAlert, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { ModelSignature } from '#contracts/signature.ts';
import { Button } from '../../components/button.tsx';
import { Notice } from '../../components/notice.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { strings } from '../../strings/index.ts';
import type { FormRequest, RequestReading } from '../../tensors/request-form.ts';
import { fillRequest, resizeDim, rowsPossible, withStyle, writeForm } from '../../tensors/request-form.ts';
import { FormInput } from './form-input.tsx';
import { JsonArea, RequestChip } from './json-area.tsx';
import { Sizes } from './sizes.tsx';

const words = strings.playground.request;

export type RequestView = 'form' | 'json';

export interface RequestPanelProps {
  /** Changes where the request was replaced by one from elsewhere: all that was half typed is forgotten then. */
  readonly generation: number;
  readonly model: string;
  readonly view: RequestView;
  readonly onView: (view: RequestView) => void;
  readonly signature: ModelSignature;
  readonly text: string;
  readonly reading: RequestReading;
  /** The server's last message by the input it names. */
  readonly serverErrors: ReadonlyMap<string, string>;
  /** `form` is what the text was written from; undefined where it was typed. */
  readonly onText: (text: string, form?: FormRequest) => void;
  /** A request from elsewhere takes the place of this one; undefined for the example. */
  readonly onReplaceAll: (text: string | undefined) => void;
  /** Cells that hold something that is no value; the request has their last good one. */
  readonly onInvalidCount: (count: number) => void;
  /** Beside the switch between form and JSON. */
  readonly actions?: ReactNode;
}

/** The request, as a form or as the JSON that is sent; both are always the same request. */
export function RequestPanel(props: RequestPanelProps) {
  const { generation, view, onView, signature, reading, onText, onInvalidCount, actions } = props;
  const [restyled, setRestyled] = useState(0);
  /** Of which request the user wants to edit the text, however large it is. */
  const [opened, setOpened] = useState<number | undefined>();
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2">
        <Segmented
          label={words.editAs}
          selected={view}
          onSelect={onView}
          segments={[
            { key: 'form', label: words.form },
            { key: 'json', label: words.json },
          ]}
        />
        {actions}
        <span className="flex-1" />
        {reading.kind === 'form' && (rowsPossible(signature) || reading.style === 'instances') && (
          <span title={words.formatHint} className="flex items-center gap-2 text-xs text-muted">
            {words.bodyAs}
            <Segmented
              label={words.format}
              selected={reading.style}
              onSelect={(style) => {
                onInvalidCount(0);
                setRestyled(restyled + 1);
                const written = writeForm(withStyle(reading, style, signature), signature);
                onText(written.text, written.form);
              }}
              segments={[
                { key: 'instances', label: words.rows },
                { key: 'inputs', label: words.columns },
              ]}
            />
          </span>
        )}
      </div>
      <RequestContent
        key={`${generation} ${restyled} ${view}`}
        {...props}
        isOpened={opened === generation}
        onEdit={(next) => {
          setOpened(generation);
          if (next !== props.text) onText(next);
          onView('json');
        }}
      />
    </div>
  );
}

/** What is sent. Its fields start afresh with each new key. */
function RequestContent({
  model,
  view,
  onView,
  signature,
  text,
  reading,
  serverErrors,
  onText,
  onReplaceAll,
  onInvalidCount,
  isOpened,
  onEdit,
}: RequestPanelProps & { readonly isOpened: boolean; readonly onEdit: (text: string) => void }) {
  const [invalid, setInvalid] = useState<ReadonlyMap<string, string>>(new Map());
  // Widgets start afresh when their content is replaced from outside, so that no half-typed cell stays.
  const [generation, setGeneration] = useState(0);

  const noteInvalid = (next: ReadonlyMap<string, string>): void => {
    setInvalid(next);
    onInvalidCount(next.size);
  };
  const write = (form: FormRequest): void => {
    const written = writeForm(form, signature);
    onText(written.text, written.form);
  };
  const replace = (form: FormRequest): void => {
    noteInvalid(new Map());
    setGeneration(generation + 1);
    write(form);
  };

  if (view === 'json') {
    return (
      <div className="flex min-h-40 flex-1 flex-col gap-2 p-4">
        <JsonArea
          label={words.body}
          text={text}
          isOpened={isOpened}
          problem={reading.kind === 'unparseable' ? words.at(reading.line, reading.column, reading.message) : undefined}
          onChange={onText}
        />
        <ServerErrors errors={serverErrors} />
        {reading.kind === 'custom' && reading.isTooLarge !== true && (
          <p className="text-xs text-muted">{words.custom(reading.reason)}</p>
        )}
      </div>
    );
  }
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      {reading.kind === 'form' ? (
        <>
          <Sizes
            form={reading}
            signature={signature}
            onResize={(key, size) => replace(resizeDim(reading, signature, key, size))}
            onFill={(fill, seed) => replace(fillRequest(reading, signature, fill, seed))}
          />
          {signature.inputs.map((info) => (
            <FormInput
              key={info.name}
              generation={generation}
              model={model}
              info={info}
              reading={reading}
              signature={signature}
              serverError={serverErrors.get(info.name)}
              onWrite={write}
              onReplace={replace}
              onInvalid={(cell, message) => {
                const next = new Map(invalid);
                if (message === undefined) next.delete(cell);
                else next.set(cell, message);
                noteInvalid(next);
              }}
            />
          ))}
        </>
      ) : (
        <NoForm reading={reading} text={text} onJson={() => onView('json')} onEdit={onEdit} onReplace={onReplaceAll} />
      )}
    </div>
  );
}

/** What the server said of the inputs, where there are no fields to say it beside. */
function ServerErrors({ errors }: { readonly errors: ReadonlyMap<string, string> }) {
  return [...new Set(errors.values())].map((message) => (
    <p key={message} role="status" className="flex gap-1.5 text-xs text-bad">
      <CircleAlert aria-hidden size={13} className="mt-0.5 shrink-0" />
      <span className="min-w-0 wrap-anywhere">{message}</span>
    </p>
  ));
}

function NoForm({
  reading,
  text,
  onJson,
  onEdit,
  onReplace,
}: {
  readonly reading: Exclude<RequestReading, FormRequest>;
  readonly text: string;
  readonly onJson: () => void;
  /** The large request is to be edited, as this text. */
  readonly onEdit: (text: string) => void;
  readonly onReplace: (text: string | undefined) => void;
}) {
  if (reading.kind === 'custom' && reading.isTooLarge === true) {
    return (
      <div className="flex flex-col gap-2 p-4">
        <h2 className="text-sm font-medium">{words.largeTitle}</h2>
        <RequestChip text={text} onReplace={onReplace} onEdit={onEdit} />
        <p className="flex flex-wrap items-center gap-2 text-xs text-muted">
          {words.customKept}
          <Button size="sm" variant="ghost" onClick={() => onReplace(undefined)}>
            {words.startOver}
          </Button>
        </p>
      </div>
    );
  }
  const broken = reading.kind === 'unparseable';
  return (
    <div className="p-4">
      <Notice
        tone={broken ? 'bad' : 'warn'}
        icon={broken ? CircleAlert : TriangleAlert}
        title={broken ? words.brokenTitle : words.customTitle}
        actions={
          <span className="flex gap-2">
            <Button size="sm" onClick={onJson}>
              {words.editJson}
            </Button>
            <Button size="sm" onClick={() => onReplace(undefined)}>
              {words.startOver}
            </Button>
          </span>
        }
      >
        <p>{broken ? words.at(reading.line, reading.column, reading.message) : reading.reason}</p>
        <p className="text-muted">{broken ? words.brokenKept : words.customKept}</p>
      </Notice>
    </div>
  );
}

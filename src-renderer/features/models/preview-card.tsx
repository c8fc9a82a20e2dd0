import { Check, CircleSlash2, Hourglass } from 'lucide-react';
import type { AddPreview } from '#contracts/ui-commands.ts';
import { Field } from '../../components/field.tsx';
import { formatBytes, plural } from '../../format/quantity.ts';
import { strings } from '../../strings/index.ts';
import type { ChosenModels, PreviewedModel } from './use-chosen-models.ts';

const words = strings.models.add;

/** What a path would bring, model by model, to choose from. */
export function PreviewedModels({
  models,
  chosen,
  isOptional,
}: {
  readonly models: readonly PreviewedModel[];
  readonly chosen: ChosenModels;
  /** Whether each can be left out alone. */
  readonly isOptional: boolean;
}) {
  return models.map((model) => (
    <PreviewCard
      key={model.basePath}
      model={model}
      name={chosen.nameOf(model)}
      problem={chosen.problems.get(model.basePath)}
      optional={isOptional}
      skipped={chosen.skipped.has(model.basePath)}
      onName={(name) => chosen.setName(model, name)}
      onSkip={(skip) => chosen.setSkipped(model, skip)}
    />
  ));
}

/** One model that a path would bring: under which name, which of its versions, and what in it is ignored. */
function PreviewCard({
  model,
  name,
  problem,
  optional,
  skipped,
  onName,
  onSkip,
}: {
  readonly model: PreviewedModel;
  readonly name: string;
  readonly problem: string | undefined;
  readonly optional: boolean;
  readonly skipped: boolean;
  readonly onName: (name: string) => void;
  readonly onSkip: (skip: boolean) => void;
}) {
  return (
    <section aria-label={model.name} className="rounded-md border border-line bg-surface p-3">
      <div className="flex items-start gap-2.5">
        {optional && (
          <input
            type="checkbox"
            aria-label={words.addOne(name)}
            checked={!skipped && !model.alreadyServed}
            disabled={model.alreadyServed}
            onChange={(event) => onSkip(!event.target.checked)}
            className="mt-2 size-4"
          />
        )}
        <div className="min-w-0 flex-1">
          {model.alreadyServed ? (
            <p className="text-sm">
              <span className="font-semibold">{model.name}</span> <span className="text-muted">{words.isServed}</span>
            </p>
          ) : (
            <Field
              label={words.nameOf(model.name)}
              labelHidden
              value={name}
              disabled={skipped}
              error={problem}
              onChange={(event) => onName(event.target.value)}
            />
          )}
          <p className="mt-1 truncate font-mono text-2xs text-faint" title={model.basePath}>
            {model.basePath}
          </p>
        </div>
      </div>
      {!skipped && !model.alreadyServed && (
        <>
          <ul className="mt-2 flex flex-col gap-0.5 text-xs">
            {model.versions.map(({ version, served, reason, sizeBytes }, index) => {
              // What stands before the newest that can be served takes over from it as soon as its files allow.
              const isAwaited = !served && model.versions.slice(0, index).every((newer) => !newer.served);
              const Icon = served ? Check : isAwaited ? Hourglass : CircleSlash2;
              return (
                <li key={version} className="flex items-baseline gap-2">
                  <Icon
                    aria-hidden
                    size={13}
                    className={`shrink-0 translate-y-0.5 ${served ? 'text-ok' : isAwaited ? 'text-warn' : 'text-faint'}`}
                  />
                  <span className="shrink-0 font-mono font-medium">v{version}</span>
                  <span className={`min-w-0 flex-1 ${served ? 'text-ok' : 'text-muted'}`}>
                    {served ? words.served : isAwaited ? words.notYet : words.notServed}
                    {reason !== undefined && <span className="text-muted">: {reason}</span>}
                    {isAwaited && <span className="text-muted">; {words.onceRight}</span>}
                  </span>
                  {sizeBytes !== undefined && <span className="text-muted">{formatBytes(sizeBytes)}</span>}
                </li>
              );
            })}
            {model.versions.length === 0 && <li className="text-muted">{words.noVersion}</li>}
          </ul>
          <Ignored title={words.ignored} entries={model.ignored} />
        </>
      )}
    </section>
  );
}

/** Entries that are no model or no version, each with the reason. */
export function Ignored({ title, entries }: { readonly title: string; readonly entries: AddPreview['ignored'] }) {
  if (entries.length === 0) return null;
  return (
    <details className="mt-2 text-xs" open={entries.length <= 4}>
      <summary className="rounded-sm text-muted">
        {words.entries(title, plural(entries.length, 'entry', 'entries'))}
      </summary>
      <ul className="mt-1 grid grid-cols-[fit-content(12rem)_1fr] gap-x-4 gap-y-0.5 pl-4">
        {entries.map(({ entry, reason }) => (
          <li key={entry} className="col-span-2 grid grid-cols-subgrid">
            <span className="font-mono wrap-anywhere">{entry}</span>
            <span className="min-w-0 wrap-anywhere text-muted">{reason}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

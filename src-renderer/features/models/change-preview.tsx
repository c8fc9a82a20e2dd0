import type { LucideIcon } from 'lucide-react';
import { ArrowDownToLine, Ban, CircleCheck, FileWarning, LoaderCircle, Tag, TriangleAlert } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { ServableVersion } from '#contracts/ids.ts';
import type { ModelView } from '#contracts/ui.ts';
import type { BlockedLabel, ChangePreview, ChangeStep, ModelChange, VersionAction } from '#contracts/ui-versions.ts';
import type { Tone } from '../../components/notice.tsx';
import { Notice, TONE_TEXT } from '../../components/notice.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { formatBytes } from '../../format/quantity.ts';
import { sentence } from '../../format/sentence.ts';
import { errorText } from '../../stores/commands.ts';
import { useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import type { LabelMove } from '../model/policy-form.ts';

const text = strings.model;

/** What is asked about: another configuration, or something done to versions by hand. */
export type PreviewQuestion =
  { readonly change: ModelChange } | { readonly action: VersionAction; readonly versions: readonly ServableVersion[] };

export interface PreviewAnswer {
  readonly preview?: ChangePreview;
  /** Why there is none. */
  readonly problem?: string;
  /** It is of an earlier question, and that of this one is on its way. */
  readonly isOld?: boolean;
}

/** What would happen, asked for again when the question is another one, or when the versions have moved. */
export function useChangePreview(model: ModelView, question: PreviewQuestion | undefined): PreviewAnswer {
  const { commands } = useServices();
  const [answer, setAnswer] = useState<PreviewAnswer & { readonly of?: string }>({});
  const wanted = JSON.stringify(question);
  const phases = model.versions.map(({ version, phase, held }) => `${version} ${phase} ${held}`).join();
  useEffect(() => {
    if (question === undefined) return undefined;
    const abort = new AbortController();
    const { name } = model;
    const asked =
      'change' in question
        ? commands.run('previewChange', { name, ...question }, abort.signal)
        : commands.run('previewVersions', { name, ...question }, abort.signal);
    asked.then(
      (preview) => {
        if (!abort.signal.aborted) setAnswer({ preview, of: wanted });
      },
      (error: unknown) => {
        if (!abort.signal.aborted) setAnswer({ problem: errorText(error), of: wanted });
      },
    );
    return () => abort.abort();
    // By their content: each message of the server makes new objects.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [commands, model.name, wanted, phases]);
  return { ...answer, isOld: answer.of !== wanted };
}

const STEP_LOOK: Readonly<Record<ChangeStep['kind'], { readonly icon: LucideIcon; readonly tone: Tone }>> = {
  load: { icon: LoaderCircle, tone: 'busy' },
  available: { icon: CircleCheck, tone: 'ok' },
  unload: { icon: ArrowDownToLine, tone: 'idle' },
  refused: { icon: Ban, tone: 'bad' },
};

const NO_MOVES: readonly LabelMove[] = [];

/** The steps, in order, and what is worth knowing beside them. */
export function ChangePreviewView({
  answer: { preview, problem },
  model,
  moves = NO_MOVES,
}: {
  readonly answer: PreviewAnswer;
  readonly model: ModelView;
  /** What happens to labels, beside the steps. */
  readonly moves?: readonly LabelMove[];
}) {
  return (
    <section aria-label={text.preview} aria-live="polite">
      <h3 className="mb-1.5 text-xs font-semibold">{text.preview}</h3>
      {problem !== undefined && (
        <Notice tone="bad" icon={TriangleAlert} title={text.previewFailed}>
          <p className="text-xs text-muted">{problem}</p>
        </Notice>
      )}
      {preview ? (
        <Preview preview={preview} model={model} moves={moves} />
      ) : (
        problem === undefined && <Skeleton rows={2} label={text.previewLoading} />
      )}
    </section>
  );
}

function Preview({
  preview,
  model,
  moves,
}: {
  readonly preview: ChangePreview;
  readonly model: ModelView;
  readonly moves: readonly LabelMove[];
}) {
  const { refusal, steps, labels, notes, memory } = preview;
  // What is said of a label that is blocked says where it leads.
  const told = moves.filter(({ label }) => labels.every((blocked) => blocked.label !== label));
  const isElsewhere = model.origin === 'flags' || model.origin === 'config';
  const servesNow = model.versions.some(({ phase }) => phase === 'available');
  const hasOutage = servesNow && steps.some(({ serving }) => serving.length === 0);
  const endsDark = hasOutage && steps.at(-1)?.serving.length === 0;
  return (
    <div className="flex flex-col gap-2">
      {refusal !== undefined && (
        <Notice
          tone={isElsewhere ? 'warn' : 'bad'}
          icon={isElsewhere ? FileWarning : Ban}
          title={isElsewhere ? text.elsewhere : text.refused}
        >
          <p className="text-xs text-muted">{sentence(refusal)}.</p>
        </Notice>
      )}
      {hasOutage && (
        <p className="flex items-baseline gap-1.5 text-xs font-medium text-warn">
          <TriangleAlert aria-hidden size={13} className="shrink-0 translate-y-0.5" />
          {endsDark ? text.darkness : text.outage}
        </p>
      )}
      {steps.length === 0 ? (
        <p className="text-sm text-muted">{moves.length > 0 ? text.previewSameVersions : text.previewNothing}</p>
      ) : (
        <ol className="flex flex-col">
          {steps.map((step) => (
            <Step key={`${step.kind} ${step.version}`} step={step} memory={memory} />
          ))}
        </ol>
      )}
      {told.length > 0 && (
        <ul className="flex flex-col gap-1">
          {told.map((move) => (
            <MoveLine key={move.label} move={move} />
          ))}
        </ul>
      )}
      {labels.length > 0 && (
        <ul className="flex flex-col gap-1">
          {labels.map((blocked) => (
            <LabelLine key={blocked.label} blocked={blocked} />
          ))}
        </ul>
      )}
      {notes.map((note) => (
        <p key={note} className="text-xs text-muted">
          {sentence(note)}.
        </p>
      ))}
    </div>
  );
}

function Step({ step, memory }: { readonly step: ChangeStep; readonly memory: ChangePreview['memory'] }) {
  const { icon: Icon, tone } = STEP_LOOK[step.kind];
  return (
    <li className="grid grid-cols-[1.25rem_minmax(0,1fr)] gap-x-2 border-s-2 border-line py-1 ps-3">
      <Icon aria-hidden size={14} className={`mt-0.5 ${TONE_TEXT[tone]}`} />
      <div className="min-w-0 text-sm">
        <p>{text.steps[step.kind](step.version)}</p>
        <p className="text-xs text-muted">
          {step.serving.length === 0
            ? text.servingNone
            : text.serving(step.serving.map((version) => `v${version}`).join(', '))}
          {' · '}
          {memory.limitBytes === undefined
            ? text.memoryAfter(formatBytes(step.usedBytes))
            : text.memoryAfterOf(formatBytes(step.usedBytes), formatBytes(memory.limitBytes))}
        </p>
      </div>
    </li>
  );
}

function MoveLine({ move: { label, from, to } }: { readonly move: LabelMove }) {
  const words = text.labelMoves;
  const isRemoved = to === undefined;
  const Icon = isRemoved ? TriangleAlert : Tag;
  return (
    <li className="grid grid-cols-[1.25rem_minmax(0,1fr)] gap-x-2 text-sm">
      <Icon aria-hidden size={14} className={`mt-0.5 ${isRemoved ? 'text-warn' : 'text-muted'}`} />
      <p className={`min-w-0 break-words ${isRemoved ? 'text-warn' : ''}`}>
        {isRemoved ? words.removed(label) : from === undefined ? words.added(label, to) : words.moved(label, to, from)}.
      </p>
    </li>
  );
}

function LabelLine({ blocked: { label, version, kind, reason } }: { readonly blocked: BlockedLabel }) {
  const Icon = kind === 'interrupted' ? TriangleAlert : Ban;
  const words = text.labelsBlocked[kind](label, version);
  return (
    <li data-label={kind} className="grid grid-cols-[1.25rem_minmax(0,1fr)] gap-x-2 text-xs">
      <Icon aria-hidden size={13} className={`mt-0.5 ${kind === 'interrupted' ? 'text-warn' : 'text-bad'}`} />
      <p className="min-w-0 break-words">
        <span className={`font-medium ${kind === 'interrupted' ? 'text-warn' : 'text-bad'}`}>{words}.</span>{' '}
        <span className="text-muted">{sentence(reason)}.</span>
      </p>
    </li>
  );
}

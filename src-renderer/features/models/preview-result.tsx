import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import { Notice } from '../../components/notice.tsx';
import { fullStop, sentence } from '../../format/sentence.ts';
import { strings } from '../../strings/index.ts';
import { Ignored, PreviewedModels } from './preview-card.tsx';
import type { ChosenModels } from './use-chosen-models.ts';
import type { Looking } from './use-preview.ts';

const words = strings.models.add;

/** What was found at one path: what would be served under which name, what would be ignored, and why. */
export function PreviewResult({
  looking,
  chosen,
  isOneOfMany = false,
}: {
  readonly looking: Looking;
  readonly chosen: ChosenModels;
  /** Beside other paths even a single model can be left out. */
  readonly isOneOfMany?: boolean;
}) {
  switch (looking.phase) {
    case 'idle':
      return null;
    case 'looking':
      return <p className="text-xs text-muted">{words.looking}</p>;
    case 'failed':
      return (
        <Notice tone="bad" icon={CircleAlert} title={words.cannotLook}>
          {looking.message}
        </Notice>
      );
    case 'found': {
      const { kind, message, models, ignored } = looking.preview;
      const isNothing = kind === 'nothing';
      return (
        <>
          {message !== undefined && (
            <Notice tone={isNothing ? 'warn' : 'idle'} icon={isNothing ? TriangleAlert : Info}>
              {fullStop(sentence(message))}
            </Notice>
          )}
          <PreviewedModels models={models} chosen={chosen} isOptional={isOneOfMany || models.length > 1} />
          <Ignored title={words.noModel} entries={ignored} />
        </>
      );
    }
    default:
      return looking satisfies never;
  }
}

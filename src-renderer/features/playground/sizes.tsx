import type { ModelSignature } from '#contracts/signature.ts';
import { usePlay, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import type { Fill } from '../../tensors/cell-tensor.ts';
import type { FormRequest } from '../../tensors/request-form.ts';
import { imageSpecOf } from '../../tensors/image-tensor.ts';
import { dimControls } from '../../tensors/request-form.ts';
import { FillMenu } from './fill-menu.tsx';

const words = strings.playground.request;
const MAX_DIM = 100_000;

/** The open sizes, each asked once for all inputs that share it, and the fills for all inputs. */
export function Sizes({
  form,
  signature,
  onResize,
  onFill,
}: {
  readonly form: FormRequest;
  readonly signature: ModelSignature;
  readonly onResize: (key: string, size: number) => void;
  readonly onFill: (fill: Fill, seed: number) => void;
}) {
  const { play } = useServices();
  const seed = usePlay((state) => state.seed);
  const dims = dimControls(form, signature);
  // A picture comes from a file or the pad: nobody asks for another random one.
  const hasSeed = signature.inputs.some((info) => imageSpecOf(info) === undefined);
  const hasFillAll = signature.inputs.length > 1;
  if (dims.length === 0 && !hasSeed && !hasFillAll) return null;
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line bg-sunken px-4 py-2 text-xs">
      {dims.map(({ key, label, size, inputs }) => (
        <label key={key} className="flex items-center gap-1.5" title={words.dimHint(inputs.join(', '))}>
          <span className="text-muted">{label}</span>
          <input
            type="number"
            min={1}
            max={MAX_DIM}
            value={size}
            onChange={(event) => {
              const next = event.target.valueAsNumber;
              if (Number.isInteger(next) && next >= 1 && next <= MAX_DIM) onResize(key, next);
            }}
            className="h-7 w-18 rounded-md border border-control bg-surface px-2 font-mono text-xs"
          />
        </label>
      ))}
      <span className="ms-auto flex flex-wrap items-center gap-2">
        {hasFillAll && <FillMenu label={words.fillAll} name={words.fillAll} onFill={(fill) => onFill(fill, seed)} />}
        {hasSeed && (
          <label className="flex items-center gap-1.5 text-muted">
            {words.seed}
            <input
              type="number"
              min={0}
              value={seed}
              onChange={(event) => {
                const next = event.target.valueAsNumber;
                if (Number.isInteger(next) && next >= 0) play.getState().setSeed(next);
              }}
              className="h-7 w-18 rounded-md border border-control bg-surface px-2 font-mono text-xs text-ink"
            />
          </label>
        )}
      </span>
    </div>
  );
}

import type { ModelSignature, TensorInfo } from '#contracts/signature.ts';
import { usePlay } from '../../stores/services.tsx';
import type { FormRequest, InputReading } from '../../tensors/request-form.ts';
import { fillRequest, withInput } from '../../tensors/request-form.ts';
import { InputSection } from './input-section.tsx';

/** One input of a form: what is done to it is done to the whole request. */
export function FormInput({
  generation,
  model,
  info,
  reading,
  signature,
  serverError,
  onWrite,
  onReplace,
  onInvalid,
}: {
  /** Changes where content was replaced: fields start afresh then. */
  readonly generation: number;
  readonly model: string;
  readonly info: TensorInfo;
  readonly reading: FormRequest;
  readonly signature: ModelSignature;
  readonly serverError: string | undefined;
  readonly onWrite: (form: FormRequest) => void;
  readonly onReplace: (form: FormRequest) => void;
  readonly onInvalid: (key: string, message: string | undefined) => void;
}) {
  const seed = usePlay((state) => state.seed);
  const withThis = (input: InputReading): FormRequest => withInput(reading, info.name, input, signature);
  return (
    <InputSection
      generation={generation}
      model={model}
      info={info}
      reading={reading.inputs.get(info.name) ?? { kind: 'absent' }}
      serverError={serverError}
      onChange={(input) => onWrite(withThis(input))}
      onReplace={(input) => onReplace(withThis(input))}
      onFill={(fill) => onReplace(fillRequest(reading, signature, fill, seed, info.name))}
      onUse={(use) => {
        if (!use) return onReplace(withThis({ kind: 'absent' }));
        const shape = (info.dims ?? []).map((dim) => (typeof dim === 'number' ? dim : 1));
        const blank = withThis({ kind: 'tensor', tensor: { shape, cells: [] } });
        return onReplace(fillRequest(blank, signature, 'zeros', seed, info.name));
      }}
      onInvalid={onInvalid}
    />
  );
}

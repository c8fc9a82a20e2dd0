import type { InferenceRequest } from '../../contracts/model-servable.ts';

/** How a request frame's payload is to be read: its method and encoding, as one byte of the frame's header. */
export const CALL = {
  predictJson: 1,
  classifyJson: 2,
  regressJson: 3,
  predictProto: 4,
  classifyProto: 5,
  regressProto: 6,
  multiInferenceProto: 7,
} as const;
export type Call = keyof typeof CALL;

const BY_REQUEST = {
  json: { predict: 'predictJson', classify: 'classifyJson', regress: 'regressJson', multi_inference: undefined },
  proto: {
    predict: 'predictProto',
    classify: 'classifyProto',
    regress: 'regressProto',
    multi_inference: 'multiInferenceProto',
  },
} as const satisfies Record<InferenceRequest['encoding'], Record<InferenceRequest['method'], Call | undefined>>;

/** @returns undefined where the method has no such encoding. */
export function callOf({ encoding, method }: Pick<InferenceRequest, 'encoding' | 'method'>): Call | undefined {
  return BY_REQUEST[encoding][method];
}

const CALLS: ReadonlyMap<number, Call> = new Map([
  [CALL.predictJson, 'predictJson'],
  [CALL.classifyJson, 'classifyJson'],
  [CALL.regressJson, 'regressJson'],
  [CALL.predictProto, 'predictProto'],
  [CALL.classifyProto, 'classifyProto'],
  [CALL.regressProto, 'regressProto'],
  [CALL.multiInferenceProto, 'multiInferenceProto'],
]);

/** @returns undefined for a byte that is no call: the peer is broken. */
export function callFromByte(byte: number): Call | undefined {
  return CALLS.get(byte);
}

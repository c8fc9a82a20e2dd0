/** What operators do, roughly: a family has a colour in drawings. */
export const FAMILIES = ['layer', 'activation', 'normalisation', 'reduction', 'shape', 'math', 'control'] as const;
export type Family = (typeof FAMILIES)[number];

const OPERATORS: Readonly<Record<Exclude<Family, 'math'>, string>> = {
  layer:
    'Conv ConvTranspose ConvInteger QLinearConv DeformConv Gemm MatMul MatMulInteger QLinearMatMul MatMulNBits Einsum ' +
    'LSTM GRU RNN Attention MultiHeadAttention GroupQueryAttention FusedConv FusedMatMul FusedGemm QGemm QAttention ' +
    'RotaryEmbedding EmbedLayerNormalization TreeEnsemble TreeEnsembleClassifier TreeEnsembleRegressor ' +
    'LinearClassifier LinearRegressor SVMClassifier SVMRegressor',
  activation:
    'Relu LeakyRelu PRelu Elu Selu Celu ThresholdedRelu Sigmoid HardSigmoid HardSwish Swish Tanh Softmax LogSoftmax ' +
    'Hardmax Softplus Softsign Gelu FastGelu BiasGelu QuickGelu Mish Erf Clip Shrink',
  normalisation:
    'BatchNormalization InstanceNormalization LayerNormalization GroupNormalization RMSNormalization LRN ' +
    'SkipLayerNormalization SimplifiedLayerNormalization SkipSimplifiedLayerNormalization LpNormalization ' +
    'MeanVarianceNormalization Normalizer Scaler Dropout QuantizeLinear DequantizeLinear DynamicQuantizeLinear',
  reduction:
    'MaxPool AveragePool LpPool GlobalMaxPool GlobalAveragePool GlobalLpPool MaxRoiPool RoiAlign ReduceMean ReduceSum ' +
    'ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare ArgMax ArgMin TopK ' +
    'NonMaxSuppression CumSum QLinearAveragePool QLinearGlobalAveragePool',
  shape:
    'Reshape Flatten Squeeze Unsqueeze Transpose Concat Split Slice Gather GatherElements GatherND Scatter ' +
    'ScatterElements ScatterND Expand Tile Pad Shape Size Cast CastLike Resize Upsample DepthToSpace SpaceToDepth ' +
    'Identity ConstantOfShape Constant Range OneHot NonZero Unique ReverseSequence EyeLike Compress Trilu Col2Im ' +
    'CenterCropPad GridSample ArrayFeatureExtractor FeatureVectorizer ZipMap',
  control:
    'If Loop Scan SequenceAt SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SequenceLength SequenceMap ' +
    'ConcatFromSequence SplitToSequence Optional OptionalGetElement OptionalHasElement',
};

const BY_OPERATOR = new Map<string, Family>();
for (const family of FAMILIES) {
  if (family !== 'math') for (const operator of OPERATORS[family].split(' ')) BY_OPERATOR.set(operator, family);
}

/** Arithmetic, comparisons and whatever is not known count as `math`. */
export const familyOf = (opType: string): Family => BY_OPERATOR.get(opType) ?? 'math';

const ROLES: Readonly<Record<string, readonly string[]>> = {
  Conv: ['', 'weight', 'bias'],
  ConvTranspose: ['', 'weight', 'bias'],
  Gemm: ['', 'weight', 'bias'],
  MatMul: ['', 'weight'],
  BatchNormalization: ['', 'scale', 'bias', 'mean', 'variance'],
  InstanceNormalization: ['', 'scale', 'bias'],
  LayerNormalization: ['', 'scale', 'bias'],
  LSTM: ['', 'W', 'R', 'B'],
  GRU: ['', 'W', 'R', 'B'],
  RNN: ['', 'W', 'R', 'B'],
  PRelu: ['', 'slope'],
  Reshape: ['', 'shape'],
  Expand: ['', 'shape'],
  Slice: ['', 'starts', 'ends', 'axes', 'steps'],
  Squeeze: ['', 'axes'],
  Unsqueeze: ['', 'axes'],
  Pad: ['', 'pads', 'value', 'axes'],
  Clip: ['', 'min', 'max'],
  Gather: ['table', 'indices'],
  Split: ['', 'sizes'],
  Resize: ['', 'roi', 'scales', 'sizes'],
  Tile: ['', 'repeats'],
};

/** What the operator calls an input, in the words of its documentation; undefined where that says nothing. */
export function roleOf(opType: string, input: number): string | undefined {
  const role = ROLES[opType]?.[input];
  return role === '' ? undefined : role;
}

import type { DataType, Dim, ModelSignature, TensorInfo } from '../../../../contracts/signature.ts';

/** One input or output; without dims its rank is unknown. */
export function tensorInfo(
  name: string,
  dtype: DataType,
  dims: readonly Dim[] | null = null,
  { optional = false }: { readonly optional?: boolean } = {},
): TensorInfo {
  return { name, dtype, dims, optional };
}

/** A model that takes these inputs; its outputs play no part in reading requests. */
export function takes(...inputs: TensorInfo[]): ModelSignature {
  return { inputs, outputs: [] };
}

/** What the user interface shows of a version's files and of the graph in them. */
import { z } from 'zod';
import { EpochMs } from './epoch-ms.ts';
import { ServableName, ServableVersion } from './ids.ts';
import { DataType, Dim } from './signature.ts';

/** An attribute of a node, in words: `[3, 3]`, `"same_upper"`, `graph "then_branch", 12 nodes`. */
const GraphAttribute = z.object({
  name: z.string(),
  /** As ONNX calls it: `ints`, `float`, `tensor`, `graph`. */
  type: z.string(),
  /** Cut after a few hundred characters; then it ends in `…`. */
  text: z.string(),
});
export type GraphAttribute = z.infer<typeof GraphAttribute>;

export const GraphNode = z.object({
  /** As in the file; may be empty, and is not unique. */
  name: z.string(),
  opType: z.string(),
  /** Empty for ONNX's own operators. */
  domain: z.string(),
  /** Names of values, in the operator's order; empty text for an optional one that is left out. */
  inputs: z.array(z.string()).readonly(),
  outputs: z.array(z.string()).readonly(),
  attributes: z.array(GraphAttribute).readonly(),
  /** Indices, in {@link ModelGraph.graphs}, of the graphs in its attributes (If, Loop, Scan). */
  subgraphs: z.array(z.number().int().positive()).readonly(),
});
export type GraphNode = z.infer<typeof GraphNode>;

/** A value whose type is known. The element type is ONNX's own name where it is none that can be served. */
const GraphValue = z.object({
  name: z.string(),
  dtype: z.union([DataType, z.string()]),
  dims: z.array(Dim).readonly().nullable(),
});
export type GraphValue = z.infer<typeof GraphValue>;

/** A weight. */
export const GraphWeight = GraphValue.extend({
  sizeBytes: z.number().nonnegative(),
  /** The file beside the model that holds it, by its path within the version; undefined where the model file does. */
  file: z.string().optional(),
  /** Why the place that is given for it is refused, such as one outside of the version; it has no `file` then. */
  problem: z.string().optional(),
});
export type GraphWeight = z.infer<typeof GraphWeight>;

const Graph = z.object({
  name: z.string(),
  inputs: z.array(GraphValue).readonly(),
  outputs: z.array(GraphValue).readonly(),
  /** In the order of the file, which is an order in which they can run. */
  nodes: z.array(GraphNode).readonly(),
  weights: z.array(GraphWeight).readonly(),
  /** Types of values between nodes, as far as the file tells them; none where that would make the answer too large. */
  values: z.array(GraphValue).readonly(),
});
export type Graph = z.infer<typeof Graph>;

export const ModelGraph = z.object({
  /** The main graph first; then those inside of nodes, in the order in which they were met. */
  graphs: z.array(Graph).min(1).readonly(),
  /** Operators that the model itself defines; a node that uses one has its name and domain. */
  functions: z
    .array(z.object({ domain: z.string(), name: z.string(), nodes: z.number().int().nonnegative() }))
    .readonly(),
  /** Nodes that are left out, with the graphs in them, because there are more than can be shown; 0 as a rule. */
  omittedNodes: z.number().int().nonnegative(),
});
export type ModelGraph = z.infer<typeof ModelGraph>;

/** A file of a version. */
export const VersionFile = z.object({
  /** Within the version's folder, with `/`. */
  path: z.string(),
  sizeBytes: z.number().nonnegative(),
  modifiedAtMs: EpochMs.optional(),
  /** `sha256`, lower-case hexadecimal; or what the store has, by the store's name and in its spelling (`CRC64NVME`, `ETag`). */
  checksum: z
    .object({
      algorithm: z.string(),
      value: z.string(),
      /**
       * `computed`: here, from the bytes of the file. `verified`: that as well, and it is the store's. `told`: the store's,
       * of a file of which there is no copy here.
       */
      origin: z.enum(['computed', 'verified', 'told']),
    })
    .optional(),
  /** Why no checksum is computed: `a link that leads out of the folder`. */
  problem: z.string().optional(),
});
export type VersionFile = z.infer<typeof VersionFile>;

const VersionRequest = z.object({ name: ServableName, version: ServableVersion });

export const GRAPH_COMMANDS = {
  /**
   * Reads the graph from the version's files, off the main thread, without its weights' values. FAILED_PRECONDITION where no
   * copy of the files is on this computer; NOT_FOUND for a version that is not there.
   */
  modelGraph: { request: VersionRequest, result: ModelGraph },
  /**
   * The version's files, in order of their paths, with the checksums that are known. `checksums`: also computes the SHA-256
   * of files that have none, where they are on a local disk, which takes as long as reading them.
   */
  modelFiles: {
    request: VersionRequest.extend({ checksums: z.boolean().optional() }),
    /** `canCompute`: whether `checksums` would find more than there is. */
    result: z.object({ files: z.array(VersionFile).readonly(), canCompute: z.boolean() }),
  },
} as const;

/** An open source package that is shipped with Slipway. */
export interface Part {
  readonly name: string;
  /** Its name in the package registry. */
  readonly packageName: string;
  readonly does: string;
  /** As its own package says it (SPDX). */
  readonly licence: string;
}

/** The packages that much of Slipway is made of, by what they do; a test keeps their licences true. */
export const PARTS: readonly Part[] = [
  { name: 'ONNX Runtime', packageName: 'onnxruntime-node', does: 'Runs the models.', licence: 'MIT' },
  { name: 'gRPC for Node.js', packageName: '@grpc/grpc-js', does: 'Speaks gRPC.', licence: 'Apache-2.0' },
  { name: 'protobuf.js', packageName: 'protobufjs', does: 'Reads and writes messages.', licence: 'BSD-3-Clause' },
  { name: 'AWS SDK', packageName: '@aws-sdk/client-s3', does: 'Talks to S3 stores.', licence: 'Apache-2.0' },
  { name: 'Zod', packageName: 'zod', does: 'Checks what comes from outside.', licence: 'MIT' },
  { name: 'Pino', packageName: 'pino', does: 'Writes the log.', licence: 'MIT' },
  { name: 'prom-client', packageName: 'prom-client', does: 'Counts for Prometheus.', licence: 'Apache-2.0' },
  { name: 'Electron', packageName: 'electron', does: 'Is the desktop app around this page.', licence: 'MIT' },
  { name: 'React', packageName: 'react', does: 'Draws this page.', licence: 'MIT' },
  {
    name: 'React Aria',
    packageName: 'react-aria-components',
    does: 'Controls for every input.',
    licence: 'Apache-2.0',
  },
  { name: 'TanStack Virtual', packageName: '@tanstack/react-virtual', does: 'Long lists.', licence: 'MIT' },
  { name: 'CodeMirror', packageName: '@codemirror/view', does: 'Edits JSON.', licence: 'MIT' },
  { name: 'uPlot', packageName: 'uplot', does: 'Charts.', licence: 'MIT' },
  { name: 'Lucide', packageName: 'lucide-react', does: 'Icons.', licence: 'ISC' },
  { name: 'Zustand', packageName: 'zustand', does: 'Keeps the state of this page.', licence: 'MIT' },
  { name: 'Wouter', packageName: 'wouter', does: 'Addresses of this page.', licence: 'Unlicense' },
  { name: 'tinykeys', packageName: 'tinykeys', does: 'Keys.', licence: 'MIT' },
];

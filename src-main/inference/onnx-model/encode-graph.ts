import { ServingError } from '../../contracts/serving-error.ts';
import type { ModelGraph } from '../../contracts/ui-graph.ts';

/** Largest answer unless told otherwise. */
const MAX_BYTES = 32 * 2 ** 20;

/**
 * A graph as JSON text in UTF-8. Where it would be larger than `maxBytes`, the types of values between nodes are left out
 * first, then nodes from the last one on, which are counted as omitted.
 * @param name the file's name for messages, without its folder.
 * @throws ServingError RESOURCE_EXHAUSTED where even then it is too large.
 */
export function encodeGraph(model: ModelGraph, name: string, maxBytes = MAX_BYTES): Uint8Array<ArrayBuffer> {
  const { functions } = model;
  let { omittedNodes } = model;
  // An upper bound for the names of fields around the lists; commas are counted with their entries.
  const frames = model.graphs.map(({ nodes: _nodes, values: _values, ...rest }) => JSON.stringify(rest));
  let leftBytes = maxBytes - sizeOf(frames) - Buffer.byteLength(JSON.stringify(functions)) - 100;
  leftBytes -= model.graphs.length * 30;
  if (leftBytes < 0) {
    const words = `${name}: the graph is too large to be shown: its weights' names alone are more than ${maxBytes} bytes`;
    throw new ServingError('RESOURCE_EXHAUSTED', words);
  }

  const nodeTexts = model.graphs.map(({ nodes }) => {
    const texts: string[] = [];
    for (const node of nodes) {
      const text = JSON.stringify(node);
      const bytes = Buffer.byteLength(text) + 1;
      if (bytes > leftBytes) break;
      leftBytes -= bytes;
      texts.push(text);
    }
    omittedNodes += nodes.length - texts.length;
    return texts;
  });
  const valueTexts = model.graphs.map(({ values }) => values.map((value) => JSON.stringify(value)));
  const hasRoom =
    omittedNodes === model.omittedNodes && valueTexts.reduce((sum, texts) => sum + sizeOf(texts), 0) <= leftBytes;

  const graphs = frames.map((frame, index) => {
    const values = hasRoom ? valueTexts[index] : [];
    return `${frame.slice(0, -1)},"nodes":[${nodeTexts[index]?.join() ?? ''}],"values":[${values?.join() ?? ''}]}`;
  });
  const text = `{"graphs":[${graphs.join()}],"functions":${JSON.stringify(functions)},"omittedNodes":${omittedNodes}}`;
  return new TextEncoder().encode(text);
}

/** Bytes of the texts with a comma after each. */
function sizeOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0);
}

import { describe, expect, it } from 'vitest';
import { ModelGraph } from '../../contracts/ui-graph.ts';
import { encodeGraph } from './encode-graph.ts';

const value = (name: string) => ({ name, dtype: 'float32', dims: [1, 'n'] });
const node = (name: string) => ({
  name,
  opType: 'Öp',
  domain: '',
  inputs: ['x'],
  outputs: [name],
  attributes: [{ name: 'a', type: 'int', text: '1' }],
  subgraphs: [],
});
const MODEL: ModelGraph = {
  graphs: ['main', 'branch'].map((name) => ({
    name,
    inputs: [value('x')],
    outputs: [value('y')],
    nodes: Array.from({ length: 10 }, (_, index) => node(`${name}.${index}`)),
    weights: [{ ...value('w'), sizeBytes: 8 }],
    values: [value('h'), value('i')],
  })),
  functions: [{ domain: 'd', name: 'f', nodes: 3 }],
  omittedNodes: 5,
};
const encoded = (maxBytes?: number): { readonly bytes: number; readonly graph: ModelGraph } => {
  const json = encodeGraph(MODEL, 'm.onnx', maxBytes);
  return { bytes: json.length, graph: ModelGraph.parse(JSON.parse(new TextDecoder().decode(json))) };
};

describe('encodeGraph', () => {
  const whole = encoded().bytes;

  it('writes all of a graph', () => expect(encoded().graph).toEqual(MODEL));

  it('leaves out the types of values first, then the last nodes, and never writes more than it may', () => {
    const stages = new Set<string>();
    for (let maxBytes = whole + 400; maxBytes > 1100; maxBytes -= 10) {
      const { bytes, graph } = encoded(maxBytes);
      expect(bytes).toBeLessThanOrEqual(maxBytes);
      const nodes = graph.graphs.reduce((sum, { nodes: { length } }) => sum + length, 0);
      const values = graph.graphs.reduce((sum, { values: { length } }) => sum + length, 0);
      expect(graph.omittedNodes).toBe(5 + 20 - nodes);
      stages.add(`${values} ${nodes === 20 ? 'all' : 'some'}`);
      expect(graph.graphs[0]?.nodes).toEqual(MODEL.graphs[0]?.nodes.slice(0, graph.graphs[0]?.nodes.length));
    }
    expect([...stages]).toEqual(['4 all', '0 all', '0 some']);
  });

  it('refuses a graph whose weights alone are too many', () => {
    expect(() => encoded(300)).toThrow('m.onnx: the graph is too large to be shown');
  });
});

import { filterTerms } from '../../format/filter-terms.ts';
import type { NodeRow } from './graph-index.ts';

const KEYS = ['op', 'name', 'in', 'out', 'attr'];

type Test = (row: NodeRow) => boolean;

/**
 * The search of a graph: `conv1` anywhere, `op:Conv,Relu` for operators by their whole name, `name~layer1`, `in:x` and
 * `out:y` in the names of values, `attr:strides` for nodes with such an attribute; all have to match, a minus is the
 * opposite.
 */
export function parseNodeFilter(text: string): Test {
  const tests = filterTerms(text, KEYS).map(({ key, values, isOpposite }): Test => {
    const test: Test = ({ node }) => values.some((value) => isWanted(key, value, node));
    return isOpposite ? (row) => !test(row) : test;
  });
  return (row) => tests.every((test) => test(row));
}

function isWanted(
  key: string,
  wanted: string,
  { name, opType, inputs, outputs, attributes }: NodeRow['node'],
): boolean {
  const has = (text: string): boolean => text.toLowerCase().includes(wanted);
  switch (key) {
    case 'op':
      return opType.toLowerCase() === wanted;
    case 'name':
      return has(name);
    case 'in':
      return inputs.some(has);
    case 'out':
      return outputs.some(has);
    case 'attr':
      return attributes.some((attribute) => attribute.name.toLowerCase() === wanted);
    default:
      return has(opType) || has(name) || inputs.some(has) || outputs.some(has);
  }
}

/** Operators that the search names with `op:`, in lower case. */
export function filteredOperators(text: string): ReadonlySet<string> {
  return new Set(
    filterTerms(text, KEYS).flatMap(({ key, values, isOpposite }) => (key === 'op' && !isOpposite ? values : [])),
  );
}

/** The search with one operator more or less: all that are named stand in one `op:` at its start. */
export function toggleOperator(text: string, opType: string): string {
  const named = new Set(filteredOperators(text));
  if (!named.delete(opType.toLowerCase())) named.add(opType.toLowerCase());
  const rest = text.replaceAll(/(^|\s)op[:~](?:"[^"]*"?|[^\s"])*/giu, ' ').trim();
  return [named.size === 0 ? '' : `op:${[...named].join(',')}`, rest].filter((part) => part !== '').join(' ');
}

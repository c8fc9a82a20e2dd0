/** Words about tensors: what is wrong with a value, a body, or a file. */
export const tensors = {
  range: (low: string, high: string) => `${low} to ${high}`,
  bool: 'true or false',
  float: 'a number, NaN, Infinity or -Infinity',
  needsValue: (range: string) => `Needs a value: ${range}`,
  needsWhole: (dtype: string) => `${dtype} needs a whole number without a fraction`,
  outOfRange: (dtype: string, low: string, high: string) => `${dtype} goes from ${low} to ${high}`,
  notBool: 'bool is true or false',
  notNumber: (dtype: string, range: string) => `Not a number: ${dtype} takes ${range}`,
  decimalComma: (withPoint: string) => `Not a number: write it with a point, ${withPoint}`,
  tooLarge: (dtype: string, largest: string) =>
    `Too large for ${dtype}: the largest is ${largest}; type Infinity if you mean it`,

  base64: 'Holds base64 data, which has no field in the form',
  unevenDepth: 'Lists are nested deeper in some places than in others',
  unevenLength: (size: string, first: string, axis: string) =>
    `Lists differ in length: ${size} where ${first} came first (axis ${axis})`,
  holds: (what: string, dtype: string) => `Holds ${what} where ${dtype} is expected`,
  null: 'null',
  object: 'an object',
  quoted: 'text in quotes',
  unquoted: 'Holds a value without quotes where text is expected',
  noBool: 'Holds a number where true or false is expected',

  empty: 'There are no values in it.',
  unevenRow: (row: string, cells: string, first: string) => `Row ${row} has ${cells} cells where row 1 has ${first}.`,
  element: (index: string, cell: string, problem: string) => `Element ${index}, “${cell}”: ${problem}.`,
  wrongShape: (shape: string, wanted: string) => `It has the shape [${shape}]; the model wants [${wanted}].`,
  npy: {
    none: 'This is not a .npy file.',
    short: 'The file is cut short.',
    structured: 'Only arrays of one plain type can be read, no objects or records.',
    unknownType: (type: string) => `Elements of NumPy type ${type} cannot be read.`,
  },

  json: {
    afterEnd: 'There is text after the end of the JSON value',
    tooDeep: (levels: string) => `Nested deeper than ${levels} levels`,
    tooEarly: 'The JSON ends too early',
    notNumber: 'Not a number in JSON',
    unexpected: (character: string) => `Unexpected ${character}`,
    noQuote: 'This text has no closing quote',
    control: 'A line break or control character must be escaped',
    badEscape: 'Bad escape in this text',
    noKey: 'Expected a key in double quotes',
    noColon: 'Expected a colon after the key',
    noComma: (close: string) => `Expected , or ${close}`,
  },

  body: {
    tooLarge: 'The body is too large to read as a form.',
    noObject: 'The body is not an object in braces.',
    oneKey: 'The body needs exactly one of the keys “instances” and “inputs”.',
    noList: '“instances” must be a list.',
    noNames: 'Each item of “instances” must be an object with one key per input.',
    mixed: 'Some items of “instances” are objects and some are not.',
    unknown: (name: string, row: string) => `“${name}” in item ${row} of “instances” is not an input of this model.`,
    missing: (name: string, row: string) => `Item ${row} of “instances” has no “${name}”.`,
    rank: (axes: string, wanted: string) => `Has ${axes} axes; the model wants ${wanted}`,
    axis: (axis: string, size: string, wanted: string) =>
      `Axis ${axis} has ${size} elements; the model wants ${wanted}`,
    rows: 'The number of rows',
    differs: (what: string, here: string, there: string, input: string) =>
      `${what} is ${here} here and ${there} in ${input}`,
  },
} as const;

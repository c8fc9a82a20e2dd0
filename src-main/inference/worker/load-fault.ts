import type { ErrorCode } from '../../contracts/serving-error.ts';

const OF_MEMORY = /bad_alloc|out of memory|failed to allocate/iu;

/** What the system says, through ONNX Runtime, of a disk, a thread or a map of memory that it cannot give now. */
const OF_SYSTEM =
  /system error number|open file .* fail|file doesn't exist|\(os error|temporarily unavailable|too many open files|pthread|mmap/iu;

/** What ONNX Runtime says of a file that is no model, or one whose graph, operators, types or opset it cannot take. */
const OF_FILE = new RegExp(
  [
    'protobuf parsing failed',
    'invalid model\\b',
    'ORT format model',
    'model IR version',
    'opset import|official released onnx opset|missing opset',
    'no op registered for|is not a registered function|could not find an implementation for|failed to find kernel for',
    'type error:|\\[(?:shape|type)inferenceerror\\]',
    'is not a graph input',
    'deserialize tensor',
    'unrecognized attribute|missing (?:or invalid )?(?:required )?attribute|(?:no|required) attribute',
  ].join('|'),
  'iu',
);

/**
 * What an error that ends a load is the fault of. INVALID_ARGUMENT is for the file alone to mend, so nothing else gets it:
 * UNAVAILABLE and RESOURCE_EXHAUSTED may pass, and what cannot be told, which is UNKNOWN, may too.
 * @param message of the error, on one line.
 */
export function codeOfLoadFault(error: Error, message: string): ErrorCode {
  if (OF_MEMORY.test(message)) return 'RESOURCE_EXHAUSTED';
  if ('syscall' in error || OF_SYSTEM.test(message)) return 'UNAVAILABLE';
  return OF_FILE.test(message) ? 'INVALID_ARGUMENT' : 'UNKNOWN';
}

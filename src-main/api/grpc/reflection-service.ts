import { z } from 'zod';
import { STATUS } from '../../contracts/serving-error.ts';
import type { FileDescriptor } from './file-descriptors.ts';
import type { StreamCall, StreamHandler } from './grpc-call.ts';
import { type GrpcMethod, type GrpcMethods, serviceMethods, SMALL_REQUEST_BYTES } from './grpc-method.ts';
import type { ProtoSchema } from './proto-schema.ts';

const Request = z.object({
  message_request: z
    .enum([
      'file_by_filename',
      'file_containing_symbol',
      'file_containing_extension',
      'all_extension_numbers_of_type',
      'list_services',
    ])
    .optional(),
  host: z.string(),
  file_by_filename: z.string().optional(),
  file_containing_symbol: z.string().optional(),
  file_containing_extension: z.object({ containing_type: z.string(), extension_number: z.number() }).optional(),
  all_extension_numbers_of_type: z.string().optional(),
  list_services: z.string().optional(),
});
type Request = z.infer<typeof Request>;

type Message = Readonly<Record<string, unknown>>;

/**
 * `grpc.reflection.v1.ServerReflection`, and the same as `v1alpha` for older clients. Files are described when the first
 * client asks for one: few servers are ever asked, and every start would wait for it.
 * @param services full names of the services that are there.
 */
export function reflectionServices(schema: ProtoSchema, services: readonly string[]): GrpcMethods {
  const answers = createAnswers(() => describe(schema), services);
  const serverReflectionInfo = (packageName: string): GrpcMethod => ({
    kind: 'stream',
    api: 'other',
    maxRequestBytes: SMALL_REQUEST_BYTES,
    open: (call) => answering(call, schema, packageName, answers),
  });
  const service = (packageName: string): GrpcMethods =>
    serviceMethods(`${packageName}.ServerReflection`, { ServerReflectionInfo: serverReflectionInfo(packageName) });
  return { ...service('grpc.reflection.v1'), ...service('grpc.reflection.v1alpha') };
}

function answering(
  call: StreamCall,
  schema: ProtoSchema,
  packageName: string,
  answer: (request: Request) => Message,
): StreamHandler {
  return {
    onMessage(bytes) {
      const original = schema.decode(`${packageName}.ServerReflectionRequest`, bytes);
      const request = Request.parse(original);
      const response = { valid_host: request.host, original_request: original, ...answer(request) };
      call.send(schema.encode(`${packageName}.ServerReflectionResponse`, response), () => call.readOn());
    },
    onEnd() {
      // Nothing is held for it.
    },
  };
}

/** What is known of the files. */
interface Described {
  /** By the path with which others import it. */
  readonly files: ReadonlyMap<string, FileDescriptor>;
  readonly bySymbol: ReadonlyMap<string, FileDescriptor>;
}

function describe(schema: ProtoSchema): Described {
  const files = schema.describeFiles();
  const bySymbol = [...files.values()].flatMap((file) => file.symbols.map((symbol) => [symbol, file] as const));
  return { files, bySymbol: new Map(bySymbol) };
}

/** Source: grpc/reflection/v1/reflection.proto and its implementations: what is not there is an error in a response. */
function createAnswers(describeAll: () => Described, services: readonly string[]): (request: Request) => Message {
  let known: Described | undefined;
  const described = (): Described => (known ??= describeAll());

  const fileAnswer = (file: FileDescriptor | undefined, wanted: string): Message => {
    if (file === undefined) return notFound(wanted);
    const descriptors = withImports(file, described().files).map(({ bytes }) => bytes);
    return { file_descriptor_response: { file_descriptor_proto: descriptors } };
  };

  return (request) => {
    switch (request.message_request) {
      case 'list_services':
        return { list_services_response: { service: services.map((name) => ({ name })) } };
      case 'file_by_filename': {
        const name = request.file_by_filename ?? '';
        return fileAnswer(described().files.get(name), `file ${name}`);
      }
      case 'file_containing_symbol': {
        const symbol = request.file_containing_symbol ?? '';
        return fileAnswer(described().bySymbol.get(symbol.replace(/^\./u, '')), `symbol ${symbol}`);
      }
      case 'all_extension_numbers_of_type': {
        const type = request.all_extension_numbers_of_type ?? '';
        // There are no extensions at all.
        if (!described().bySymbol.has(type)) return notFound(`type ${type}`);
        return { all_extension_numbers_response: { base_type_name: type, extension_number: [] } };
      }
      case 'file_containing_extension': {
        const { containing_type: type, extension_number: number } = request.file_containing_extension ?? NO_EXTENSION;
        return notFound(`extension ${number} of ${type}`);
      }
      case undefined:
        return errorResponse(STATUS.INVALID_ARGUMENT.grpc, 'Request asks for nothing');
      default:
        return request.message_request satisfies never;
    }
  };
}

const NO_EXTENSION = { containing_type: '', extension_number: 0 };

function notFound(wanted: string): Message {
  return errorResponse(STATUS.NOT_FOUND.grpc, `Not found: ${wanted}`);
}

function errorResponse(code: number, message: string): Message {
  return { error_response: { error_code: code, error_message: message } };
}

/** The file, and all that it needs, each once. */
function withImports(file: FileDescriptor, files: ReadonlyMap<string, FileDescriptor>): readonly FileDescriptor[] {
  const found = new Set([file]);
  // The set grows while it is gone through.
  for (const each of found) {
    for (const path of each.imports) {
      const imported = files.get(path);
      if (imported !== undefined) found.add(imported);
    }
  }
  return [...found];
}

import { z } from 'zod';
import { STATUS } from '../../contracts/serving-error.ts';
import type { FileDescriptor } from './file-descriptors.ts';
import type { StreamCall, StreamHandler } from './grpc-call.ts';
import { type GrpcMethod, type GrpcMethods, serviceMethods } from './grpc-method.ts';
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
 * `grpc.reflection.v1.ServerReflection`, and the same as `v1alpha` for older clients.
 * @param services full names of the services that are there.
 */
export function reflectionServices(schema: ProtoSchema, services: readonly string[]): GrpcMethods {
  const answers = createAnswers(schema.files, services);
  const serverReflectionInfo = (packageName: string): GrpcMethod => ({
    kind: 'stream',
    api: 'other',
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

/** Source: grpc/reflection/v1/reflection.proto and its implementations: what is not there is an error in a response. */
function createAnswers(
  files: ReadonlyMap<string, FileDescriptor>,
  services: readonly string[],
): (request: Request) => Message {
  const bySymbol = new Map(
    [...files.values()].flatMap((file) => file.symbols.map((symbol) => [symbol, file] as const)),
  );

  const fileAnswer = (file: FileDescriptor | undefined, wanted: string): Message => {
    if (file === undefined) return notFound(wanted);
    const descriptors = withImports(file, files).map(({ bytes }) => bytes);
    return { file_descriptor_response: { file_descriptor_proto: descriptors } };
  };

  return (request) => {
    switch (request.message_request) {
      case 'list_services':
        return { list_services_response: { service: services.map((name) => ({ name })) } };
      case 'file_by_filename': {
        const name = request.file_by_filename ?? '';
        return fileAnswer(files.get(name), `file ${name}`);
      }
      case 'file_containing_symbol': {
        const symbol = request.file_containing_symbol ?? '';
        return fileAnswer(bySymbol.get(symbol.replace(/^\./u, '')), `symbol ${symbol}`);
      }
      case 'all_extension_numbers_of_type': {
        const type = request.all_extension_numbers_of_type ?? '';
        // There are no extensions at all.
        if (!bySymbol.has(type)) return notFound(`type ${type}`);
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

import protobuf from 'protobufjs';
import descriptorFile from 'protobufjs/google/protobuf/descriptor.json' with { type: 'json' };

/** One .proto file as reflection tells it. */
export interface FileDescriptor {
  readonly name: string;
  /** The files that it imports. */
  readonly imports: readonly string[];
  /** Full names of its messages, enums and services, and of their methods, fields and values. */
  readonly symbols: readonly string[];
  /** A serialized google.protobuf.FileDescriptorProto. */
  readonly bytes: Uint8Array;
}

/** A file that was parsed into a root. */
export interface ParsedFile {
  readonly path: string;
  readonly package: string;
  readonly imports: readonly string[];
  /** Names of its messages, enums and services, without the package. */
  readonly declares: readonly string[];
}

type Message = Readonly<Record<string, unknown>>;

const OPTIONAL = 'LABEL_OPTIONAL';
const REPEATED = 'LABEL_REPEATED';

/**
 * Describes proto3 files, each by itself. protobufjs can do that only for packages as a whole, and clients of reflection
 * compare files by name with those that they have.
 * @param root what the files were parsed into, resolved.
 */
export function readFileDescriptors(
  root: protobuf.Root,
  files: readonly ParsedFile[],
): ReadonlyMap<string, FileDescriptor> {
  // How a file is described. Source: google/protobuf/descriptor.proto.
  const schema = protobuf.Root.fromJSON(descriptorFile).lookupType('google.protobuf.FileDescriptorProto');
  return new Map(files.map((file) => [file.path, describeFile(root, file, schema)]));
}

/** Full names of the services of these files, in order; costs next to nothing. */
export function readServiceNames(root: protobuf.Root, files: readonly ParsedFile[]): readonly string[] {
  return files.flatMap((file) =>
    declaredIn(root, file)
      .filter((each) => each instanceof protobuf.Service)
      .map(fullName),
  );
}

/** What the file declares, of all that is in its package. */
function declaredIn(
  root: protobuf.Root,
  { package: packageName, declares }: ParsedFile,
): readonly protobuf.ReflectionObject[] {
  const namespace = packageName === '' ? root : root.lookup(packageName);
  const own = namespace instanceof protobuf.Namespace ? namespace.nestedArray : [];
  return own.filter(({ name }) => declares.includes(name));
}

function describeFile(root: protobuf.Root, parsed: ParsedFile, schema: protobuf.Type): FileDescriptor {
  const { path, imports } = parsed;
  const declared = declaredIn(root, parsed);
  const symbols: string[] = [];
  const file = {
    name: path,
    package: parsed.package,
    dependency: imports,
    messageType: declared.filter((each) => each instanceof protobuf.Type).map((type) => describeMessage(type, symbols)),
    enumType: declared.filter((each) => each instanceof protobuf.Enum).map((type) => describeEnum(type, symbols)),
    service: declared
      .filter((each) => each instanceof protobuf.Service)
      .map((service) => describeService(service, symbols)),
    syntax: 'proto3',
  };
  return { name: path, imports, symbols, bytes: schema.encode(schema.fromObject(file)).finish() };
}

function describeMessage(type: protobuf.Type, symbols: string[]): Message {
  symbols.push(fullName(type));
  symbols.push(...type.fieldsArray.map(fullName));
  const nested = type.nestedArray.filter((each) => each instanceof protobuf.Type);
  const maps = type.fieldsArray.filter((field) => field instanceof protobuf.MapField);
  return {
    name: type.name,
    field: type.fieldsArray.map((field) => describeField(field, type)),
    nestedType: [
      ...nested.map((each) => describeMessage(each, symbols)),
      ...maps.map((field) => describeMapEntry(field)),
    ],
    enumType: type.nestedArray
      .filter((each) => each instanceof protobuf.Enum)
      .map((each) => describeEnum(each, symbols)),
    oneofDecl: type.oneofsArray.map(({ name }) => ({ name })),
    // The parser's ranges hold their last number, those of a descriptor end before theirs.
    reservedRange: (type.reserved ?? []).flatMap((range) =>
      typeof range === 'string' ? [] : [{ start: range[0], end: (range[1] ?? 0) + 1 }],
    ),
  };
}

function describeField(field: protobuf.Field, type: protobuf.Type): Message {
  const { options, jsonName: chosenName } = readOptions(field);
  const common = { name: field.name, number: field.id, jsonName: chosenName ?? jsonName(field.name) };
  if (field instanceof protobuf.MapField) {
    const typeName = `.${fullName(type)}.${entryName(field)}`;
    return { ...common, label: REPEATED, type: 'TYPE_MESSAGE', typeName };
  }
  return {
    ...common,
    label: field.repeated ? REPEATED : OPTIONAL,
    ...describeType(field),
    ...(field.partOf === null ? {} : { oneofIndex: type.oneofsArray.indexOf(field.partOf) }),
    ...(Object.keys(options).length > 0 && { options }),
  };
}

/** The options that the files here make use of. */
function readOptions(field: protobuf.Field): { readonly options: Message; readonly jsonName: string | undefined } {
  const all: Message = field.options ?? {};
  const { json_name: name } = all;
  const options = Object.fromEntries(
    ['packed', 'deprecated'].flatMap((key) => (all[key] === true ? [[key, true]] : [])),
  );
  return { options, jsonName: typeof name === 'string' ? name : undefined };
}

/** The message that a map is a list of. */
function describeMapEntry(field: protobuf.MapField): Message {
  return {
    name: entryName(field),
    field: [
      { name: 'key', number: 1, label: OPTIONAL, type: fieldType(field.keyType), jsonName: 'key' },
      { name: 'value', number: 2, label: OPTIONAL, ...describeType(field), jsonName: 'value' },
    ],
    options: { mapEntry: true },
  };
}

function describeType({ resolvedType, type }: Pick<protobuf.FieldBase, 'resolvedType' | 'type'>): Message {
  if (resolvedType === null) return { type: fieldType(type) };
  const kind = resolvedType instanceof protobuf.Enum ? 'TYPE_ENUM' : 'TYPE_MESSAGE';
  return { type: kind, typeName: resolvedType.fullName };
}

function describeEnum(type: protobuf.Enum, symbols: string[]): Message {
  symbols.push(fullName(type));
  const scope = fullName(type).replace(/[^.]*$/u, '');
  return {
    name: type.name,
    value: Object.entries(type.values).map(([name, number]) => {
      // Values are siblings of their enum, not its children.
      symbols.push(`${scope}${name}`);
      return { name, number };
    }),
  };
}

function describeService(service: protobuf.Service, symbols: string[]): Message {
  symbols.push(fullName(service));
  return {
    name: service.name,
    method: service.methodsArray.map((method) => {
      symbols.push(`${fullName(service)}.${method.name}`);
      return {
        name: method.name,
        inputType: method.resolvedRequestType?.fullName,
        outputType: method.resolvedResponseType?.fullName,
        ...(method.requestStream === true && { clientStreaming: true }),
        ...(method.responseStream === true && { serverStreaming: true }),
      };
    }),
  };
}

/** The name of a scalar type: `TYPE_INT64`. */
function fieldType(type: string): string {
  return `TYPE_${type.toUpperCase()}`;
}

/** As protoc names it: `inputs` -> `InputsEntry`, `feature_list` -> `FeatureListEntry`. */
function entryName({ name }: protobuf.MapField): string {
  return `${name.replace(/(?:^|_)([a-z])/gu, (_match, letter: string) => letter.toUpperCase())}Entry`;
}

/** As protoc does it: `model_spec` -> `modelSpec`. */
function jsonName(name: string): string {
  return name.replace(/_([a-z0-9])/gu, (_match, letter: string) => letter.toUpperCase());
}

/** Without the leading dot. */
function fullName(object: protobuf.ReflectionObject): string {
  return object.fullName.replace(/^\./u, '');
}

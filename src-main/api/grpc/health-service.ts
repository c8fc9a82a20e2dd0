import { z } from 'zod';
import type { ServableName } from '../../contracts/ids.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import type { ServableStates } from '../../core/servable-state-monitor.ts';
import { isServed } from '../model-status.ts';
import type { StreamCall, StreamHandler } from './grpc-call.ts';
import { type GrpcMethods, serviceMethods, SMALL_REQUEST_BYTES } from './grpc-method.ts';
import type { ProtoSchema } from './proto-schema.ts';

/** Names that stand for the server as a whole; those without a package are what TensorFlow Serving registers. */
const WHOLE_SERVER = new Set([
  '',
  'tensorflow.serving.PredictionService',
  'tensorflow.serving.ModelService',
  'PredictionService',
  'ModelService',
]);

/** Calls of Watch that are open at one time. */
const MAX_WATCHES = 1000;
/** Statuses that are kept until the next change. */
const MAX_KNOWN = 1000;

export interface HealthServiceDeps {
  readonly states: ServableStates;
  /** Names of the models that are configured now. */
  readonly models: () => readonly ServableName[];
  readonly schema: ProtoSchema;
  /** Calls of Watch that may be open at one time; default 1000. */
  readonly maxWatches?: number | undefined;
}

export interface HealthService {
  readonly methods: GrpcMethods;
  /** To be called when the list of models changed. */
  modelsChanged(): void;
  /** From now on nothing serves, and those who watch are told. */
  drain(): void;
  /** Follows the models no more; to be called when the last watch has ended. */
  close(): void;
}

type HealthStatus = 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';

/**
 * `grpc.health.v1.Health`: the server serves when every configured model has an available version; a model can be asked
 * for by its name. Deviation: TensorFlow Serving sets its two services to SERVING once and for all
 * (model_servers/server.cc).
 */
export function createHealthService({
  states,
  models,
  schema,
  maxWatches = MAX_WATCHES,
}: HealthServiceDeps): HealthService {
  const watches = new Set<Watch>();
  let draining = false;
  let lookPlanned = false;

  const serves = (name: ServableName): boolean => isServed(states, name);

  const statusOf = (service: string): HealthStatus => {
    if (WHOLE_SERVER.has(service)) return !draining && models().every(serves) ? 'SERVING' : 'NOT_SERVING';
    const model = models().find((name) => name === service);
    if (model === undefined) return 'SERVICE_UNKNOWN';
    return !draining && serves(model) ? 'SERVING' : 'NOT_SERVING';
  };

  // Looking at every model for every watch would take long where there are many of both.
  const known = new Map<string, HealthStatus>();
  const knownStatusOf = (service: string): HealthStatus => {
    const status = known.get(service) ?? statusOf(service);
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(service, status);
    return status;
  };

  const look = (): void => {
    lookPlanned = false;
    for (const watch of watches) watch.look();
  };
  // A change of configuration comes as many events; those who watch are told of the last state only.
  const planLook = (): void => {
    known.clear();
    if (lookPlanned || watches.size === 0) return;
    lookPlanned = true;
    setImmediate(look);
  };
  const unsubscribe = states.subscribe(planLook);

  const encodeNew = (status: HealthStatus): Buffer => schema.encode('grpc.health.v1.HealthCheckResponse', { status });
  const encoded = {
    SERVING: encodeNew('SERVING'),
    NOT_SERVING: encodeNew('NOT_SERVING'),
    SERVICE_UNKNOWN: encodeNew('SERVICE_UNKNOWN'),
  };
  const encode = (status: HealthStatus): Buffer => encoded[status];
  const readService = (request: Buffer): string =>
    HealthCheckRequest.parse(schema.decode('grpc.health.v1.HealthCheckRequest', request)).service;

  return {
    methods: serviceMethods('grpc.health.v1.Health', {
      Check: {
        kind: 'unary',
        api: 'other',
        maxRequestBytes: SMALL_REQUEST_BYTES,
        handle(call, request) {
          const service = readService(request);
          const status = statusOf(service);
          if (status === 'SERVICE_UNKNOWN') {
            throw new ServingError(
              'NOT_FOUND',
              `unknown service ${JSON.stringify(service)}: ask for "", a service of this server, or a model by its name`,
            );
          }
          call.answer(encode(status));
        },
      },
      Watch: {
        kind: 'stream',
        api: 'other',
        maxRequestBytes: SMALL_REQUEST_BYTES,
        open(call) {
          if (watches.size >= maxWatches) {
            const message = `${maxWatches} calls of Watch are open, which is the limit; ask by Check, or try again later`;
            throw new ServingError('RESOURCE_EXHAUSTED', message);
          }
          const watch = new Watch(call, readService, knownStatusOf, encode, () => watches.delete(watch));
          watches.add(watch);
          return watch;
        },
      },
    }),
    modelsChanged: planLook,
    close: unsubscribe,
    drain() {
      draining = true;
      known.clear();
      look();
    },
  };
}

const HealthCheckRequest = z.object({ service: z.string() });

/** One call of Watch: the status now, and the last one whenever it changed and the message before has left. */
class Watch implements StreamHandler {
  readonly #call: StreamCall;
  readonly #readService: (request: Buffer) => string;
  readonly #statusOf: (service: string) => HealthStatus;
  readonly #encode: (status: HealthStatus) => Buffer;
  readonly #onEnd: () => void;
  #service: string | undefined;
  #told: HealthStatus | undefined;
  #sending = false;

  constructor(
    call: StreamCall,
    readService: (request: Buffer) => string,
    statusOf: (service: string) => HealthStatus,
    encode: (status: HealthStatus) => Buffer,
    onEnd: () => void,
  ) {
    call.staysOpen = true;
    this.#call = call;
    this.#readService = readService;
    this.#statusOf = statusOf;
    this.#encode = encode;
    this.#onEnd = onEnd;
  }

  onMessage(request: Buffer): void {
    if (this.#service !== undefined) {
      throw new ServingError('INVALID_ARGUMENT', 'Watch takes one request');
    }
    this.#service = this.#readService(request);
    this.look();
  }

  look(): void {
    if (this.#service === undefined || this.#sending) return;
    const status = this.#statusOf(this.#service);
    if (status === this.#told) return;
    this.#told = status;
    this.#sending = true;
    this.#call.send(this.#encode(status), () => {
      this.#sending = false;
      this.look();
    });
  }

  onEnd(): void {
    this.#onEnd();
  }
}

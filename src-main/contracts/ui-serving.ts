/** The switch of the public endpoints: whether models can be called, at which addresses, and by whom. */
import { z } from 'zod';
import { EpochMs } from './epoch-ms.ts';

/**
 * `running`: REST, and gRPC unless it is off, take requests. `draining`: they take none any more, and finish those that they
 * have. `failed`: the last start did not succeed. Models stay loaded in all of them.
 */
export const ServingState = z.enum(['stopped', 'starting', 'running', 'draining', 'failed']);
export type ServingState = z.infer<typeof ServingState>;

export const Port = z.number().int().min(0).max(65_535);
export const ServingEndpoint = z.enum(['rest', 'grpc']);
export type ServingEndpoint = z.infer<typeof ServingEndpoint>;

/** Why an endpoint did not open. */
export const ServingProblem = z.object({
  /** As of ServingError: ALREADY_EXISTS for a port that is taken. */
  code: z.string(),
  message: z.string(),
  /** Present where it is about a port. */
  port: z
    .object({
      endpoint: ServingEndpoint,
      port: Port,
      /** The program that has it, where the system tells; `isSlipway`: another Slipway of this user. */
      holder: z.object({ pid: z.number().int(), name: z.string(), isSlipway: z.boolean() }).optional(),
      /** The next port that was free when the start failed; undefined where none was found. */
      freePort: Port.optional(),
    })
    .optional(),
});
export type ServingProblem = z.infer<typeof ServingProblem>;

/** An address beyond this computer at which models are to be called; an interface may have several of a family. */
export const ExposedAddress = z.object({
  /** As the system names it: `en0`, `Wi-Fi`. */
  interface: z.string(),
  family: z.enum(['ipv4', 'ipv6']),
  /** Undefined while the interface has none. */
  address: z.string().optional(),
  /** `http://192.168.1.20:8501`, and `192.168.1.20:8500` unless gRPC is off; undefined while it is not open. */
  restUrl: z.url().optional(),
  grpcAddress: z.string().optional(),
  /** Why it is not open though it is to be. */
  problem: z.string().optional(),
  /**
   * Present while the interface is in another network than the one that it was exposed to: it is not open then, because
   * other people are there.
   */
  isOtherNetwork: z.literal(true).optional(),
});
export type ExposedAddress = z.infer<typeof ExposedAddress>;

/** How far beyond this computer the endpoints reach. */
export const Exposure = z.object({
  addresses: z.array(ExposedAddress).min(1).readonly(),
  /** Whether who calls from there has to bring a token (`Authorization: Bearer …`). At 127.0.0.1 nobody has to. */
  tokenRequired: z.boolean(),
  /** Chosen on the command line by --host, and to be changed there only. */
  isFixed: z.boolean(),
});
export type Exposure = z.infer<typeof Exposure>;

export const ServingView = z.object({
  state: ServingState,
  sinceMs: EpochMs,
  /** Present while `failed`; and while `running`, after a move to other ports that did not succeed: the old ones serve on. */
  problem: ServingProblem.optional(),
  /** Absent while only this computer reaches the endpoints. Kept while stopped: it is what a start will open. */
  exposure: Exposure.optional(),
  /** Ports that are in use now and were not kept: the next start uses others. */
  temporary: z
    .array(z.enum(['restPort', 'grpcPort']))
    .readonly()
    .optional(),
  /** What the command line fixed, and nothing here changes. */
  fixed: z.array(z.enum(['restPort', 'grpcPort', 'host'])).readonly(),
});
export type ServingView = z.infer<typeof ServingView>;

/** A network interface's address to choose from; those of this computer alone are none. */
export const NetworkAddress = z.object({
  interface: z.string(),
  family: z.enum(['ipv4', 'ipv6']),
  address: z.string(),
  /** `virtual`: of a tunnel, a container network or a virtual machine by its name; likely not the network people mean. */
  kind: z.enum(['network', 'virtual']),
});
export type NetworkAddress = z.infer<typeof NetworkAddress>;

/** A token without its secret, which is shown once and kept as a digest. */
export const AccessToken = z.object({
  id: z.string(),
  name: z.string(),
  createdAtMs: EpochMs,
  /** The last use of this run of the server. */
  lastUsedAtMs: EpochMs.optional(),
});
export type AccessToken = z.infer<typeof AccessToken>;

/** Who may call from the network. Changes at once with a token, and every few seconds while tokens are used. */
export const AccessBoard = z.object({ tokens: z.array(AccessToken).readonly() });
export type AccessBoard = z.infer<typeof AccessBoard>;

/** By which interfaces the endpoints are reached besides this computer's own address, and how. */
export const SetExposure = z.object({
  interfaces: z
    .array(ExposedAddress.pick({ interface: true, family: true }))
    .max(32)
    .readonly(),
  tokenRequired: z.boolean(),
  /** Also where an interface is in another network than the one that it was chosen in; else it stays closed there. */
  acceptNetworks: z.boolean().optional(),
});
export type SetExposure = z.infer<typeof SetExposure>;

export const SERVING_COMMANDS = {
  /**
   * Opens the endpoints; returns when they are open or have failed, which the event stream tells in detail. A port that is
   * given is used from now on, and at each start where `remember` is set; one that the command line fixed cannot be given.
   * While running, with another port: moves there without losing a request.
   */
  startServing: {
    request: z.object({ restPort: Port.optional(), grpcPort: Port.optional(), remember: z.boolean().optional() }),
    result: z.object({}),
  },
  /** Finishes what is in flight, then closes the ports; models stay loaded. Returns when draining has begun. */
  stopServing: { request: z.object({}), result: z.object({}) },
  networkAddresses: { request: z.object({}), result: z.object({ addresses: z.array(NetworkAddress).readonly() }) },
  /**
   * Sets by which interfaces the endpoints are reached besides this computer's own address, in the networks that these are
   * in now; none closes them all. Takes effect at once while running, and is kept. FAILED_PRECONDITION where --host fixed
   * it.
   */
  setExposure: {
    request: SetExposure,
    result: z.object({}),
  },
  /** `secret`: to be shown now and never again. */
  createAccessToken: {
    request: z.object({ name: z.string().trim().min(1).max(60) }),
    result: z.object({ token: AccessToken, secret: z.string() }),
  },
  revokeAccessToken: { request: z.object({ id: z.string() }), result: z.object({}) },
} as const;

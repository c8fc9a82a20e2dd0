import { z } from 'zod';
import { ServingError } from '../../../contracts/serving-error.ts';
import { cancelled } from '../../abortable.ts';
import { type S3Circumstances, s3Error, type S3Failure, type S3Operation } from '../s3-error.ts';

/** What the SDK's errors hold; each part may be missing, and none is trusted. */
const SdkError = z.object({
  name: z.string().catch(''),
  Code: z.string().optional().catch(undefined),
  message: z.string().catch(''),
  code: z.string().optional().catch(undefined),
  Region: z.string().optional().catch(undefined),
  $metadata: z
    .object({ httpStatusCode: z.number().optional(), requestId: z.string().optional() })
    .catch({})
    .default({}),
  $response: z
    .object({
      statusCode: z.number().optional(),
      headers: z.record(z.string(), z.string()).catch({}).default({}),
    })
    .catch({ headers: {} })
    .default({ headers: {} }),
});

/** The facts of an error of the SDK. */
export function failureOf(thrown: unknown, operation: S3Operation): S3Failure {
  const fields = SdkError.safeParse(thrown);
  if (!fields.success) return { operation, name: '', message: '' };
  const { name, Code, message, code, Region, $metadata, $response } = fields.data;
  const { headers } = $response;
  const httpStatus = $metadata.httpStatusCode ?? $response.statusCode;
  const serverMs = Date.parse(headers['date'] ?? '');
  const region = Region ?? headers['x-amz-bucket-region'];
  const requestId = $metadata.requestId ?? headers['x-amz-request-id'];
  return {
    operation,
    name: Code ?? name,
    message,
    ...(httpStatus === undefined ? {} : { httpStatus }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(code === undefined ? {} : { errno: code }),
    ...(region === undefined ? {} : { region }),
    ...(Number.isNaN(serverMs) ? {} : { serverMs }),
  };
}

/** A ServingError for whatever a call to the SDK threw. The cause is left out: it holds headers with signatures. */
export function fromSdk(
  thrown: unknown,
  failure: S3Failure,
  circumstances: S3Circumstances,
  signal: AbortSignal,
): ServingError {
  if (thrown instanceof ServingError) return thrown;
  if (signal.aborted) return cancelled(signal);
  return s3Error(failure, circumstances);
}

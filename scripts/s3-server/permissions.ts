import type { S3Operation, S3Request } from './s3-request.ts';

/** What a user may do; a rule with neither bucket nor prefix holds for all. */
export interface Permission {
  /** Default: all of them. */
  readonly actions?: readonly S3Action[];
  readonly bucket?: string;
  /** Of keys; for listings, of the prefix that is asked for. */
  readonly prefix?: string;
}

export type S3Action =
  | 's3:ListAllMyBuckets'
  | 's3:CreateBucket'
  | 's3:ListBucket'
  | 's3:GetBucketLocation'
  | 's3:GetObject'
  | 's3:PutObject'
  | 's3:DeleteObject'
  | 's3:AbortMultipartUpload';

const ACTIONS: Readonly<Record<Exclude<S3Operation, 'Other'>, S3Action>> = {
  ListBuckets: 's3:ListAllMyBuckets',
  CreateBucket: 's3:CreateBucket',
  HeadBucket: 's3:ListBucket',
  GetBucketLocation: 's3:GetBucketLocation',
  ListObjects: 's3:ListBucket',
  ListObjectsV2: 's3:ListBucket',
  PutObject: 's3:PutObject',
  GetObject: 's3:GetObject',
  HeadObject: 's3:GetObject',
  DeleteObject: 's3:DeleteObject',
  CreateMultipartUpload: 's3:PutObject',
  UploadPart: 's3:PutObject',
  CompleteMultipartUpload: 's3:PutObject',
  AbortMultipartUpload: 's3:AbortMultipartUpload',
};

/** The action that a request needs; undefined for what the server does not know. */
export function actionOf(operation: S3Operation): S3Action | undefined {
  return operation === 'Other' ? undefined : ACTIONS[operation];
}

export function isAllowed(permissions: readonly Permission[], action: S3Action, request: S3Request): boolean {
  const path = request.key === '' ? (request.query.get('prefix') ?? '') : request.key;
  return permissions.some(
    ({ actions, bucket, prefix }) =>
      (actions?.includes(action) ?? true) &&
      (bucket === undefined || bucket === request.bucket) &&
      (prefix === undefined || path.startsWith(prefix)),
  );
}

import type { ServableVersion } from '#contracts/ids.ts';
import { compareVersions } from '#contracts/ids.ts';
import type { AspiredVersionPolicyName, VersionPolicy } from '#contracts/model-config.ts';
import { VersionLabel } from '#contracts/model-config.ts';
import type { ModelView } from '#contracts/ui.ts';
import type { ModelChange } from '#contracts/ui-versions.ts';

/** What stands in the form. */
export interface PolicyForm {
  readonly kind: VersionPolicy['kind'];
  readonly count: number;
  readonly versions: ReadonlySet<ServableVersion>;
  readonly transition: AspiredVersionPolicyName;
  readonly labels: readonly LabelField[];
}

export interface LabelField {
  /** Tells the fields apart. */
  readonly key: number;
  readonly label: string;
  readonly version: ServableVersion | undefined;
}

/** @param policy proposed instead of the one that the model has. */
export function policyFormOf(model: ModelView, policy: VersionPolicy = model.versionPolicy): PolicyForm {
  return {
    kind: policy.kind,
    count: policy.kind === 'latest' ? policy.count : 1,
    versions: new Set(policy.kind === 'specific' ? policy.versions : servedVersions(model)),
    transition: model.aspiredVersionPolicy,
    labels: model.labels.map(({ label, version }, key) => ({ key, label, version })),
  };
}

const servedVersions = (model: ModelView): readonly ServableVersion[] =>
  model.versions.filter(({ phase }) => phase === 'available').map(({ version }) => version);

/** Versions that one can choose: those that are there, and those that are chosen though they are not; highest first. */
export function choosableVersions(
  model: ModelView,
  form: Pick<PolicyForm, 'versions' | 'labels'>,
): readonly { readonly version: ServableVersion; readonly isThere: boolean }[] {
  const there = new Set(model.source.versions.map(({ version }) => version));
  const labelled = form.labels.flatMap(({ version }) => (version === undefined ? [] : [version]));
  return [...new Set([...there, ...form.versions, ...labelled])]
    .toSorted((left, right) => compareVersions(right, left))
    .map((version) => ({ version, isThere: there.has(version) }));
}

/**
 * What the form asks for, without what is so already; undefined while a field is not right.
 * A label without a version, or without a name and a version, is a field that is not filled in yet.
 */
export function changeOf(model: ModelView, form: PolicyForm): ModelChange | undefined {
  const labels: { label: VersionLabel; version: ServableVersion }[] = [];
  for (const field of form.labels) {
    const label = VersionLabel.safeParse(field.label.trim());
    if (!label.success || field.version === undefined) return undefined;
    labels.push({ label: label.data, version: field.version });
  }
  const versionPolicy = policyOf(form);
  return {
    ...(!isSamePolicy(versionPolicy, model.versionPolicy) && { versionPolicy }),
    ...(form.transition !== model.aspiredVersionPolicy && { aspiredVersionPolicy: form.transition }),
    ...(!isSameLabels(labels, model.labels) && { labels }),
  };
}

function policyOf({ kind, count, versions }: PolicyForm): VersionPolicy {
  switch (kind) {
    case 'latest':
      return { kind, count };
    case 'all':
      return { kind };
    case 'specific':
      return { kind, versions: [...versions].toSorted(compareVersions) };
    default:
      return kind satisfies never;
  }
}

function isSamePolicy(left: VersionPolicy, right: VersionPolicy): boolean {
  if (left.kind === 'latest' && right.kind === 'latest') return left.count === right.count;
  if (left.kind === 'specific' && right.kind === 'specific') {
    const versions = new Set(right.versions);
    return left.versions.length === versions.size && left.versions.every((version) => versions.has(version));
  }
  return left.kind === right.kind;
}

type Labels = readonly { readonly label: string; readonly version: string }[];

const isSameLabels = (left: Labels, right: Labels): boolean =>
  left.length === right.length &&
  left.every(({ label, version }) => right.some((other) => other.label === label && other.version === version));

export interface LabelMove {
  readonly label: string;
  /** Undefined for one that is new. */
  readonly from: ServableVersion | undefined;
  /** Undefined for one that is removed. */
  readonly to: ServableVersion | undefined;
}

/** What a change does to the labels of a model, in the order of their names. */
export function labelMoves(model: Pick<ModelView, 'labels'>, change: ModelChange | undefined): readonly LabelMove[] {
  if (change?.labels === undefined) return [];
  const before = new Map(model.labels.map(({ label, version }) => [label, version]));
  const after = new Map(change.labels.map(({ label, version }) => [label, version]));
  return [...new Set([...before.keys(), ...after.keys()])]
    .toSorted()
    .map((label) => ({ label, from: before.get(label), to: after.get(label) }))
    .filter(({ from, to }) => from !== to);
}

/** Why a label's name cannot be used; undefined for one that can, or is not there yet. */
export function labelProblem({ label }: LabelField): string | undefined {
  if (label === '') return undefined;
  const parsed = VersionLabel.safeParse(label.trim());
  return parsed.success ? undefined : parsed.error.issues[0]?.message;
}

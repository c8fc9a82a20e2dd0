import type { ServableVersion } from '#contracts/ids.ts';
import { compareVersions } from '#contracts/ids.ts';
import type { VersionPolicy } from '#contracts/model-config.ts';
import type { ModelView, VersionView } from '#contracts/ui.ts';
import { versionStatus } from './version-status.ts';

/** Another policy that one version is to be served by. */
export interface VersionChoice {
  /** `pin`: it alone, as it serves or is the newest. `rollBack`: it alone, instead of a newer one. `add`: it as well. */
  readonly kind: 'pin' | 'rollBack' | 'add';
  readonly policy: VersionPolicy;
}

/** Versions that are there and not loaded because the policy leaves them out, highest first. */
export function unpickedVersions(model: ModelView): readonly ServableVersion[] {
  const views = new Map(model.versions.map((view) => [view.version, view]));
  return model.source.versions
    .filter(({ version, aspired, waiting }) => !aspired && waiting === undefined && isOver(views.get(version)))
    .map(({ version }) => version);
}

const isOver = (view: VersionView | undefined): boolean =>
  view === undefined || (view.phase === 'end' && !view.aspired && view.held === undefined);

/** What a version can be chosen for, beside what is so already. None for one that is not there. */
export function choicesFor(model: ModelView, version: string): readonly VersionChoice[] {
  const found = model.source.versions.find((each) => each.version === version);
  if (!found) return [];
  const serving = servingVersions(model);
  const [newest] = serving;
  const isServing = serving.includes(found.version);
  const alone: VersionPolicy = { kind: 'specific', versions: [found.version] };
  const isPinned =
    model.versionPolicy.kind === 'specific' &&
    model.versionPolicy.versions.length === 1 &&
    model.versionPolicy.versions[0] === found.version;
  const isLower = newest !== undefined && compareVersions(found.version, newest) < 0;
  const canAdd = newest !== undefined && unpickedVersions(model).includes(found.version);
  return [
    ...(isPinned ? [] : [{ kind: isLower && !isServing ? ('rollBack' as const) : ('pin' as const), policy: alone }]),
    ...(canAdd ? [{ kind: 'add' as const, policy: withVersion(model, found.version) }] : []),
  ];
}

/** The version to roll back to: the next lower one that is there, and has not failed; undefined where there is none. */
export function rollBackTarget(model: ModelView): ServableVersion | undefined {
  const [newest] = servingVersions(model);
  if (newest === undefined) return undefined;
  const failed = new Set(
    model.versions.filter((view) => ['failed', 'retrying'].includes(versionStatus(view))).map(({ version }) => version),
  );
  return model.source.versions
    .filter(({ version, waiting }) => waiting === undefined && !failed.has(version))
    .map(({ version }) => version)
    .filter((version) => compareVersions(version, newest) < 0)
    .toSorted((left, right) => compareVersions(right, left))[0];
}

const servingVersions = (model: ModelView): readonly ServableVersion[] =>
  model.versions
    .filter(({ phase }) => phase === 'available')
    .map(({ version }) => version)
    .toSorted((left, right) => compareVersions(right, left));

/** What is picked now by name, and this version with it. */
function withVersion(model: ModelView, version: ServableVersion): VersionPolicy {
  const picked = model.source.versions.filter(({ aspired }) => aspired).map((each) => each.version);
  const versions = [...new Set([...picked, ...servingVersions(model), version])];
  return { kind: 'specific', versions: versions.toSorted(compareVersions) };
}

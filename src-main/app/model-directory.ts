import type { DirectoryModel, ModelDirectory } from '../api/ui/model-directory.ts';
import type { ServableName } from '../contracts/ids.ts';
import type { AspiredVersionPolicyName } from '../contracts/model-config.ts';
import type { FileSystemStoragePathSource } from '../storage/storage-path-source.ts';
import type { CatalogueModel, ModelCatalogue } from './model-catalogue.ts';

/**
 * The models to serve, each with what its source last found: what the user interface lists.
 * @param aspiredVersionPolicy of the models that have none of their own.
 */
export function createModelDirectory(
  catalogue: ModelCatalogue,
  source: Pick<FileSystemStoragePathSource, 'report' | 'onReport'>,
  maxLoadAttempts: number,
  aspiredVersionPolicy: AspiredVersionPolicyName = 'availability_preserving',
): ModelDirectory {
  const viewOf = ({ config, origin }: CatalogueModel): DirectoryModel => ({
    config: { aspiredVersionPolicy, ...config },
    origin,
    report: source.report(config.name),
  });
  return {
    maxLoadAttempts,
    models: () => catalogue.models().map(viewOf),
    find(name) {
      const model = catalogue.find(name);
      return model && viewOf(model);
    },
    subscribe(onChange) {
      let known = byName(catalogue.models());
      const unsubscribeCatalogue = catalogue.subscribe(() => {
        const current = byName(catalogue.models());
        for (const name of new Set([...known.keys(), ...current.keys()])) {
          if (known.get(name)?.config !== current.get(name)?.config) onChange(name);
        }
        known = current;
      });
      const unsubscribeSource = source.onReport((name) => onChange(name));
      return () => {
        unsubscribeCatalogue();
        unsubscribeSource();
      };
    },
  };
}

function byName(models: readonly CatalogueModel[]): ReadonlyMap<ServableName, CatalogueModel> {
  return new Map(models.map((model) => [model.config.name, model]));
}

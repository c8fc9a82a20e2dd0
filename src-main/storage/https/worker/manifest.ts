import { z } from 'zod';

/** One file of a version. */
const ManifestFile = z.object({
  /** Path below the version's folder, separated by `/`. Whether it can be one is judged for the version as a whole. */
  name: z.string().min(1).max(1024),
  size: z.int().nonnegative(),
  /** `sha256:` and 64 digits in hex. */
  checksum: z.string().regex(/^sha256:[0-9a-f]{64}$/iu, 'must be sha256: and 64 hex digits'),
  /** Relative to the manifest, and of its origin. Default: the version's folder and the name. */
  url: z.string().min(1).max(8192).optional(),
});

const ManifestVersion = z.object({
  /** When the version was made; tells people and the settle rule. Default: when the manifest changed last. */
  modified: z.iso.datetime({ offset: true }).optional(),
  files: z.array(ManifestFile).min(1),
});

const Manifest = z.object({
  formatVersion: z.literal(1),
  /** By number; `007` is version 7. */
  versions: z.record(z.string().regex(/^\d{1,19}$/u, 'must be a version number'), ManifestVersion),
});
export type Manifest = z.infer<typeof Manifest>;

/** What a manifest says, or why it says nothing, in words. Fields that are not known mean nothing. */
export type ParsedManifest =
  | { readonly ok: true; readonly manifest: Manifest }
  /** `isJson`: it is something else altogether otherwise, which hardly comes from whoever made the manifest. */
  | { readonly ok: false; readonly isJson: boolean; readonly reason: string };

const Format = z.object({ formatVersion: z.int().min(2) });

export function parseManifest(text: string): ParsedManifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    const reason = /^\s*</u.test(text) ? 'it is a web page' : 'it is not JSON';
    return { ok: false, isJson: false, reason };
  }
  const parsed = Manifest.safeParse(json);
  if (parsed.success) return { ok: true, manifest: parsed.data };
  const newer = Format.safeParse(json);
  if (newer.success) {
    return { ok: false, isJson: true, reason: `its formatVersion ${newer.data.formatVersion} is not known here` };
  }
  const [issue] = parsed.error.issues;
  const place = issue?.path.map(String).join('.') ?? '';
  return { ok: false, isJson: true, reason: `${place === '' ? 'manifest' : place}: ${issue?.message ?? 'not valid'}` };
}

/** Which versions of onnxruntime-node will do; the main process and the workers refuse the same ones. */

/** Older versions follow external data out of the model's folder. */
const MIN_ORT_VERSION = [1, 27] as const;

/** Why this version of onnxruntime-node cannot be used; undefined when it can. */
export function versionProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [minMajor, minMinor] = MIN_ORT_VERSION;
  if (major > minMajor || (major === minMajor && minor >= minMinor)) return undefined;
  return `onnxruntime-node ${version} is too old: ${minMajor}.${minMinor} or newer is needed, since older ones let a model read files outside of its folder; run npm install`;
}

/** Room for the words of one time, in CSS pixels. */
const LABEL_SPACE_PX = 90;
/** Whole steps of time that read well on an axis. */
const STEPS_MS = [
  1, 2, 5, 10, 15, 30, 60, 120, 180, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
].map((seconds) => seconds * 1000);

/** Round times of an axis, with room for their words: charts of one time and about one width have the same. */
export function axisTimes(fromMs: number, toMs: number, widthPx: number): readonly number[] {
  const spanMs = toMs - fromMs;
  const fits = Math.max(1, Math.floor(widthPx / LABEL_SPACE_PX));
  const stepMs = STEPS_MS.find((step) => spanMs / step <= fits) ?? spanMs;
  const times: number[] = [];
  for (let ms = Math.ceil(fromMs / stepMs) * stepMs; ms <= toMs; ms += stepMs) times.push(ms);
  return times;
}

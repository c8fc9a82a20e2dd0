/** Long enough for any browser to have taken hold of the content. */
const KEPT_MS = 60_000;

/** Saves something as a file, as the browser does with downloads. @param type of its content, such as `text/plain`. */
export function saveFile(name: string, content: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // Not at once: no event tells when the download has taken hold of the content.
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}

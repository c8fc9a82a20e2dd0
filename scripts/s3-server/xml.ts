/** A tree of elements: text, children in order, or one of them several times. */
export type XmlContent = string | number | boolean | readonly XmlElement[];
export type XmlElement = readonly [name: string, content: XmlContent];

const S3_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** Writes a document. What XML 1.0 cannot hold becomes a character reference, as Amazon S3 does it. */
export function xmlDocument(root: string, children: readonly XmlElement[], namespace = S3_NAMESPACE): string {
  const attribute = namespace === '' ? '' : ` xmlns="${namespace}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attribute}>${children.map(write).join('')}</${root}>`;
}

function write([name, content]: XmlElement): string {
  const inner = Array.isArray(content) ? content.map(write).join('') : escapeXml(String(content));
  return `<${name}>${inner}</${name}>`;
}

function escapeXml(text: string): string {
  // oxlint-disable-next-line no-control-regex -- those are what is to be replaced
  return text.replaceAll(/[&<>"\u0000-\u001f\u007f]/gu, (character) => {
    const named = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }[character];
    return named ?? `&#x${(character.codePointAt(0) ?? 0).toString(16)};`;
  });
}

/** The text of each `name` element of a document, in order; enough for the flat lists that clients send. */
export function elementsOf(xml: string, name: string): readonly string[] {
  return [...xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>([\\s\\S]*?)</${name}>`, 'gu'))].map(
    ([, text = '']) => text,
  );
}

/** The text of the first `name` element with its references resolved; undefined without one. */
export function textOf(xml: string, name: string): string | undefined {
  const text = elementsOf(xml, name)[0];
  return text
    ?.replaceAll(/&#x([0-9a-f]+);/giu, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 16)))
    .replaceAll(/&#(\d+);/gu, (_, digits: string) => String.fromCodePoint(Number(digits)))
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
/**
 * The catalogue itself; samples of components; tests and what they make up; the packages that are shipped, with what each
 * is for; and the names of operators.
 */
const LEFT_OUT =
  /\/(?:strings|testing)\/|\/features\/design\/|\.test\.tsx?$|\.d\.ts$|\/settings\/parts\.ts$|\/graph\/op-family\.ts$/u;
/** Alike in every language: names, keys and flags. */
const NAME = /^(?:Slipway|POST|REST|gRPC|Home End|⌘ Enter|Ctrl\+Enter|--\w+)$/u;
/** How the server's own messages begin, by which they are recognised. */
const OF_THE_SERVER = /^(?:Could not (?:find|read) base path|No versions of servable) /u;
/** Attributes whose text is read by people. */
const READ = new Set([
  'label',
  'title',
  'placeholder',
  'alt',
  'hint',
  'error',
  'problem',
  'aria-label',
  'aria-description',
]);
/** A sentence or a part of one: two words at least, the first of them with a capital. */
const SENTENCE = /^\p{Lu}\p{Ll}*[’']?\p{Ll}* \p{L}+/u;
const WORD = /\p{L}{2}/u;

/** Texts for people that stand in code, as `file:line text`. */
function wordsIn(file: string, text: string): readonly string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const found: string[] = [];
  const report = (node: ts.Node, words: string): void => {
    if (!WORD.test(words) || NAME.test(words.trim()) || OF_THE_SERVER.test(words)) return;
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    found.push(`${file}:${line + 1} ${words.trim()}`);
  };
  const visit = (node: ts.Node): void => {
    // What only a developer sees.
    if (ts.isNewExpression(node) && node.expression.getText(source) === 'Error') return;
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    if (ts.isJsxText(node)) report(node, node.text);
    else if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node)) {
      if (isRead(node) || SENTENCE.test(node.text)) report(node, node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Whether a literal is text of an element, or of an attribute that is read. */
function isRead(node: ts.Node): boolean {
  let at = node.parent;
  while (ts.isConditionalExpression(at) || ts.isTemplateExpression(at) || ts.isParenthesizedExpression(at))
    at = at.parent;
  if (ts.isJsxAttribute(at)) return READ.has(at.name.getText());
  if (!ts.isJsxExpression(at)) return false;
  return ts.isJsxAttribute(at.parent) ? READ.has(at.parent.name.getText()) : true;
}

describe('the words of the page', () => {
  it.each([
    ['<p>Some text</p>', 'Some text'],
    ['<p>{open ? "shown" : "hidden"}</p>', 'shown'],
    ['<Button label="Send" />', 'Send'],
    ['<Button label={`Send ${name}`} />', 'Send'],
    ['const text = "Waits for a version.";', 'Waits for a version.'],
  ])('are found in %s', (code, words) => {
    expect(wordsIn('planted.tsx', code)[0]).toBe(`planted.tsx:1 ${words}`);
  });

  it.each([
    '<p>{words.title}</p>',
    '<p className="text-sm font-medium" />',
    '<kbd>+</kbd>',
    'throw new Error("A bug is here");',
  ])('are not seen in %s', (code) => expect(wordsIn('planted.tsx', code)).toEqual([]));

  it('stand in src-renderer/strings and nowhere else', () => {
    const files = globSync('src-renderer/**/*.{ts,tsx}', { cwd: ROOT }).map((file) => file.replaceAll('\\', '/'));
    const ours = files.filter((file) => !LEFT_OUT.test(`/${file}`));
    expect(ours.length).toBeGreaterThan(100);
    expect(ours.flatMap((file) => wordsIn(file, readFileSync(join(ROOT, file), 'utf8')))).toEqual([]);
  });
});

import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json, jsonParseLinter } from '@codemirror/lang-json';
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  StreamLanguage,
  syntaxHighlighting,
} from '@codemirror/language';
import { linter, lintKeymap } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import type { Extension } from '@codemirror/state';
import { Compartment, EditorState } from '@codemirror/state';
import { drawSelection, EditorView, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef, useState } from 'react';

export type CodeLanguage = 'json' | 'shell' | 'python' | 'javascript' | 'powershell' | 'text';

export interface CodeViewProps {
  /** Name of the editor for screen readers. */
  readonly label: string;
  readonly text: string;
  /** Undefined for a view that cannot be changed. */
  readonly onChange?: ((text: string) => void) | undefined;
  readonly language?: CodeLanguage;
  /** Marks the editor as wrong; the reason stands beside it. */
  readonly isInvalid?: boolean;
  readonly hasLineNumbers?: boolean;
  /** Long lines go on in the next row. */
  readonly isWrapped?: boolean;
}

const THEME = EditorView.theme({
  '&': { height: '100%', color: 'var(--color-ink)', backgroundColor: 'transparent', fontSize: '12px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '18px', overflow: 'auto' },
  '.cm-content': { padding: '8px 0', caretColor: 'var(--color-ink)' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--color-faint)', border: 'none' },
  '.cm-cursor': { borderLeftColor: 'var(--color-ink)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    background: 'var(--color-selection)',
  },
  '.cm-selectionMatch': { backgroundColor: 'var(--color-accent-soft)' },
  '&.cm-focused .cm-matchingBracket': {
    backgroundColor: 'var(--color-accent-soft)',
    outline: '1px solid var(--color-line-strong)',
  },
  '.cm-searchMatch': { backgroundColor: 'var(--color-warn-soft)' },
  '.cm-panels, .cm-tooltip': {
    backgroundColor: 'var(--color-raised)',
    color: 'var(--color-ink)',
    borderColor: 'var(--color-line)',
    fontFamily: 'var(--font-sans)',
  },
  '.cm-textfield': {
    backgroundColor: 'var(--color-surface)',
    border: '1px solid var(--color-control)',
    borderRadius: '4px',
  },
  '.cm-button': {
    backgroundImage: 'none',
    backgroundColor: 'var(--color-surface)',
    border: '1px solid var(--color-line-strong)',
    borderRadius: '4px',
  },
  '.cm-foldPlaceholder': { backgroundColor: 'var(--color-active)', border: 'none', color: 'var(--color-muted)' },
});

const COLOURS = HighlightStyle.define([
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--color-code-string)' },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: 'var(--color-code-number)' },
  { tag: [tags.propertyName, tags.variableName, tags.attributeName], color: 'var(--color-code-name)' },
  { tag: [tags.keyword, tags.operatorKeyword, tags.standard(tags.variableName)], color: 'var(--color-code-keyword)' },
  { tag: tags.comment, color: 'var(--color-faint)', fontStyle: 'italic' },
  { tag: tags.punctuation, color: 'var(--color-muted)' },
]);

/** The nonce that the server gave this page for style elements; undefined without a policy. */
const styleNonce = (): string | undefined =>
  document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce || undefined;

/**
 * What is typed over a selection. Left to itself, the browser keeps the looks of what it replaces in `style` attributes,
 * which the content security policy refuses.
 */
const TYPED_OVER = EditorView.domEventHandlers({
  beforeinput(event, editor) {
    const { from, to } = selectionOf(editor);
    if (event.inputType !== 'insertText' || event.data === null || from === to) return false;
    const insert = editor.state.toText(event.data);
    event.preventDefault();
    editor.dispatch({
      changes: { from, to, insert },
      selection: { anchor: from + insert.length },
      scrollIntoView: true,
      userEvent: 'input.type',
    });
    return true;
  },
});

/**
 * What is selected: as the editor knows it, which also counts lines that are not in the page; or as the browser does, of
 * whose newest choice the editor has not been told yet.
 */
function selectionOf(editor: EditorView): { readonly from: number; readonly to: number } {
  const { main } = editor.state.selection;
  const selection = document.getSelection();
  if (!main.empty || !selection || selection.rangeCount === 0) return main;
  const range = selection.getRangeAt(0);
  if (!editor.contentDOM.contains(range.commonAncestorContainer)) return main;
  return {
    from: editor.posAtDOM(range.startContainer, range.startOffset),
    to: editor.posAtDOM(range.endContainer, range.endOffset),
  };
}

/**
 * Longer texts are neither coloured nor checked nor folded: to parse one keeps the page busy for seconds after each key.
 */
const MAX_PARSED_CHARACTERS = 1_000_000;
/** A change of such a text is told when nothing was typed for so long, because each time the whole text is put together. */
const TELL_LATER_MS = 250;

/** {@link CodeEditor} once it is loaded. */
export function CodeView({
  label,
  text,
  onChange,
  language = 'json',
  isInvalid = false,
  hasLineNumbers = true,
  isWrapped = false,
}: CodeViewProps) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const parts = useRef({ language: new Compartment(), attributes: new Compartment(), wrap: new Compartment() });
  const tell = useRef(onChange);
  useEffect(() => {
    tell.current = onChange;
  });
  /** The text of the editor as far as it was told or given. */
  const known = useRef(text);
  const isReadOnly = onChange === undefined;
  const [isLong, setLong] = useState(text.length > MAX_PARSED_CHARACTERS);

  useEffect(() => {
    if (!box.current) return undefined;
    const nonce = styleNonce();
    const { language: languagePart, attributes, wrap } = parts.current;
    known.current = text;
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tellNow = (): void => {
      clearTimeout(timer);
      timer = undefined;
      known.current = editor.state.doc.toString();
      tell.current?.(known.current);
    };
    const tellPending = (): void => {
      if (timer !== undefined) tellNow();
    };
    // Whoever acts on the text by a shortcut acts on what was typed: here it is told before anyone hears of the key.
    const onShortcut = ({ ctrlKey, metaKey, altKey }: KeyboardEvent): void => {
      if (ctrlKey || metaKey || altKey) tellPending();
    };
    window.addEventListener('keydown', onShortcut, { capture: true, signal: leaving.signal });
    const editor = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          ...(nonce === undefined ? [] : [EditorView.cspNonce.of(nonce)]),
          THEME,
          syntaxHighlighting(COLOURS),
          ...(hasLineNumbers ? [lineNumbers(), ...(isLong ? [] : [foldGutter()])] : []),
          ...(isReadOnly
            ? [EditorState.readOnly.of(true)]
            : [history(), ...(isLong ? [] : [bracketMatching()]), TYPED_OVER]),
          drawSelection(),
          ...(isLong ? [] : [highlightSelectionMatches()]),
          // Tab is left alone: it leads out of the editor, as everywhere.
          keymap.of([
            ...searchKeymap,
            ...foldKeymap,
            ...lintKeymap,
            ...(isReadOnly ? [] : historyKeymap),
            ...defaultKeymap,
          ]),
          languagePart.of([]),
          attributes.of([]),
          wrap.of([]),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged) return;
            clearTimeout(timer);
            if (isLong) timer = setTimeout(tellNow, TELL_LATER_MS);
            else tellNow();
          }),
          EditorView.domEventHandlers({
            blur: () => {
              tellPending();
              return false;
            },
          }),
        ],
      }),
    });
    view.current = editor;
    return () => {
      clearTimeout(timer);
      leaving.abort();
      editor.destroy();
      view.current = undefined;
    };
    // The text that comes later is taken over below.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [isReadOnly, hasLineNumbers, isLong]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || known.current === text) return;
    known.current = text;
    // Only for a text from elsewhere: while somebody types, the editor stays what it is.
    setLong(text.length > MAX_PARSED_CHARACTERS);
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } });
  }, [text]);

  useEffect(() => {
    view.current?.dispatch({
      effects: [
        parts.current.attributes.reconfigure(
          EditorView.contentAttributes.of({
            'aria-label': label,
            'aria-multiline': 'true',
            ...(isInvalid ? { 'aria-invalid': 'true' } : {}),
            ...(isReadOnly ? { 'aria-readonly': 'true', tabindex: '0' } : {}),
          }),
        ),
        parts.current.wrap.reconfigure(isWrapped ? EditorView.lineWrapping : []),
      ],
    });
  }, [label, isInvalid, isReadOnly, isWrapped, hasLineNumbers, isLong]);

  useEffect(() => {
    let current = true;
    void languageOf(isLong ? 'text' : language, isReadOnly).then((extension) => {
      if (current) view.current?.dispatch({ effects: parts.current.language.reconfigure(extension) });
    });
    return () => {
      current = false;
    };
  }, [language, isReadOnly, hasLineNumbers, isLong]);

  return (
    <div
      ref={box}
      data-invalid={isInvalid || undefined}
      className="min-h-16 min-w-0 flex-1 overflow-hidden rounded-md border border-control bg-surface focus-within:outline-2 focus-within:outline-offset-1 focus-within:outline-accent data-invalid:border-bad"
    />
  );
}

async function languageOf(language: CodeLanguage, isReadOnly: boolean): Promise<Extension> {
  switch (language) {
    case 'json': {
      // A text that is empty is no mistake yet.
      const parse = jsonParseLinter();
      return [json(), isReadOnly ? [] : linter((view) => (view.state.doc.length === 0 ? [] : parse(view)))];
    }
    case 'shell':
      return StreamLanguage.define((await import('@codemirror/legacy-modes/mode/shell')).shell);
    case 'python':
      return StreamLanguage.define((await import('@codemirror/legacy-modes/mode/python')).python);
    case 'javascript':
      return StreamLanguage.define((await import('@codemirror/legacy-modes/mode/javascript')).javascript);
    case 'powershell':
      return StreamLanguage.define((await import('@codemirror/legacy-modes/mode/powershell')).powerShell);
    case 'text':
      return [];
    default:
      return language satisfies never;
  }
}

import { useState } from 'react';
import type { ServerView } from '#contracts/ui.ts';
import { CopyButton } from '../../components/copy.tsx';
import { ScrollArea } from '../../components/scroll-area.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { parseJson, printCompact } from '../../tensors/lossless-json.ts';
import type { SnippetKind, SnippetRequest } from '../../tensors/snippets.ts';
import { BODY_FILE, needsBodyFile, SNIPPET_KINDS, snippet } from '../../tensors/snippets.ts';
import { defaultShell } from '../models/example-snippet.ts';
import { SaveButton } from './json-area.tsx';

const KIND_TEXT: Readonly<Record<SnippetKind, string>> = {
  bash: 'curl, bash',
  powershell: 'PowerShell',
  python: 'Python',
  javascript: 'JavaScript',
};

/** The request as a program to paste elsewhere. */
export function SnippetPanel({
  url,
  body,
  platform,
}: {
  readonly url: string;
  readonly body: string;
  readonly platform: ServerView['platform'];
}) {
  const [kind, setKind] = useState<SnippetKind>(() => defaultShell(platform));
  const request: SnippetRequest = { url, body: onOneLine(body) };
  const text = snippet(kind, request);
  return (
    <section aria-label="Copy as" className="border-t border-line">
      <div className="flex flex-wrap items-center gap-2 px-4 py-2">
        <h2 className="text-xs font-medium text-muted">Copy as</h2>
        <Segmented
          label="Language"
          selected={kind}
          onSelect={setKind}
          segments={SNIPPET_KINDS.map((key) => ({ key, label: KIND_TEXT[key] }))}
        />
        <span className="ml-auto flex gap-2">
          {needsBodyFile(request) && <SaveButton name={BODY_FILE} text={body} />}
          <CopyButton text={text} what="the snippet" label="Copy" />
        </span>
      </div>
      <ScrollArea label="Snippet" className="mx-4 mb-3 max-h-44 rounded-md border border-line bg-sunken p-3">
        <pre className="font-mono text-xs whitespace-pre-wrap break-all">{text}</pre>
      </ScrollArea>
      {needsBodyFile(request) && (
        <p className="mx-4 mb-3 text-xs text-muted">
          The body is long: save it as <span className="font-mono">{BODY_FILE}</span> beside the program.
        </p>
      )}
    </section>
  );
}

/** Without line breaks where the text is JSON; as it is where it is not. */
function onOneLine(body: string): string {
  if (body.length > 1_000_000) return body;
  const parsed = parseJson(body);
  return parsed.ok ? printCompact(parsed.value) : body;
}

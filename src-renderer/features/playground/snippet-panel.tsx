import { useMemo, useState } from 'react';
import type { ServerView } from '#contracts/ui.ts';
import { CopyButton } from '../../components/copy.tsx';
import { ScrollArea } from '../../components/scroll-area.tsx';
import { Select } from '../../components/select.tsx';
import { strings } from '../../strings/index.ts';
import { parseJson, printCompact } from '../../tensors/lossless-json.ts';
import type { SnippetKind, SnippetRequest } from '../../tensors/snippets.ts';
import { BODY_FILE, needsBodyFile, SNIPPET_KINDS, snippet } from '../../tensors/snippets.ts';
import { defaultShell } from '../models/example-snippet.ts';
import { SaveButton } from './json-area.tsx';

const words = strings.playground.snippet;
const MAX_READ_CHARACTERS = 100_000;

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
  const request = useMemo<SnippetRequest>(() => ({ url, body: onOneLine(body) }), [url, body]);
  const text = snippet(kind, request);
  return (
    <section aria-label={words.title} className="border-t border-line">
      <div className="flex flex-wrap items-center gap-2 px-4 py-2">
        <h2 className="text-xs font-medium text-muted">{words.title}</h2>
        <div className="w-36">
          <Select
            label={words.language}
            labelHidden
            options={SNIPPET_KINDS.map((key) => ({ key, label: words.kinds[key] }))}
            selected={kind}
            onSelect={setKind}
          />
        </div>
        <span className="ms-auto flex gap-2">
          {needsBodyFile(request, kind) && <SaveButton name={BODY_FILE} text={body} />}
          <CopyButton text={text} what={words.theSnippet} label={words.copy} />
        </span>
      </div>
      <ScrollArea label={words.text} className="mx-4 mb-3 max-h-32 rounded-md border border-line bg-sunken p-3">
        <pre className="font-mono text-xs whitespace-pre-wrap break-all">{text}</pre>
      </ScrollArea>
      {needsBodyFile(request, kind) && <p className="mx-4 mb-3 text-xs text-muted">{words.long(BODY_FILE)}</p>}
    </section>
  );
}

/** Without line breaks where the text is JSON; as it is where it is not, or too long to be within a command at all. */
function onOneLine(body: string): string {
  if (body.length > MAX_READ_CHARACTERS) return body;
  const parsed = parseJson(body);
  return parsed.ok ? printCompact(parsed.value) : body;
}

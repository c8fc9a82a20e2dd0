import { lazy, Suspense } from 'react';
import { strings } from '../strings/index.ts';
import type { CodeViewProps } from './code-view.tsx';

const CodeView = lazy(async () => {
  const { CodeView: view } = await import('./code-view.tsx');
  return { default: view };
});

export type CodeEditorProps = CodeViewProps;

/** An editor for JSON, or a view of code that can be searched and folded. It is large, so it comes when it is asked for. */
export function CodeEditor(props: CodeEditorProps) {
  return (
    <Suspense
      fallback={
        <div
          role="status"
          aria-label={strings.components.loadingEditor}
          className="min-h-24 flex-1 animate-pulse rounded-md border border-line bg-sunken"
        />
      }
    >
      <CodeView {...props} />
    </Suspense>
  );
}

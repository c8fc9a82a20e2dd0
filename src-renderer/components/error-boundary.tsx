import { Bug } from 'lucide-react';
import type { ReactNode } from 'react';
import { Component } from 'react';
import { strings } from '../strings/index.ts';
import { Button } from './button.tsx';
import { EmptyState } from './notice.tsx';

const words = strings.components.broken;

/** Shows what broke instead of a blank page. The server is not touched by it. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, { readonly error: unknown }> {
  override readonly state: { readonly error: unknown } = { error: undefined };

  static getDerivedStateFromError(error: unknown): { readonly error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    const details = error instanceof Error ? (error.stack ?? error.message) : words.unknown;
    return (
      <main className="h-full overflow-auto">
        <EmptyState
          icon={Bug}
          title={words.title}
          actions={
            <>
              <Button variant="primary" onClick={() => window.location.reload()}>
                {words.reload}
              </Button>
              <Button onClick={() => void navigator.clipboard.writeText(details)}>{words.copyDetails}</Button>
            </>
          }
        >
          <p>{words.help}</p>
          <pre className="mt-3 max-h-60 overflow-auto rounded-md bg-sunken p-3 text-start font-mono text-2xs whitespace-pre-wrap">
            {details}
          </pre>
        </EmptyState>
      </main>
    );
  }
}

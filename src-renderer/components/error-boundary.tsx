import { Bug } from 'lucide-react';
import type { ReactNode } from 'react';
import { Component } from 'react';
import { Button } from './button.tsx';
import { EmptyState } from './notice.tsx';

/** Shows what broke instead of a blank page. The server is not touched by it. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, { readonly error: unknown }> {
  override readonly state: { readonly error: unknown } = { error: undefined };

  static getDerivedStateFromError(error: unknown): { readonly error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    const details = error instanceof Error ? (error.stack ?? error.message) : 'unknown error';
    return (
      <main className="h-full overflow-auto">
        <EmptyState
          icon={Bug}
          title="This page broke"
          actions={
            <>
              <Button variant="primary" onClick={() => window.location.reload()}>
                Reload
              </Button>
              <Button onClick={() => void navigator.clipboard.writeText(details)}>Copy details</Button>
            </>
          }
        >
          <p>Slipway goes on serving. Reloading the page usually helps.</p>
          <pre className="mt-3 max-h-60 overflow-auto rounded-md bg-sunken p-3 text-left font-mono text-2xs whitespace-pre-wrap">
            {details}
          </pre>
        </EmptyState>
      </main>
    );
  }
}

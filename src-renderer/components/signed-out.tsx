import { KeyRound } from 'lucide-react';
import { Button } from './button.tsx';
import { EmptyState } from './notice.tsx';

/** The whole page once the session is void: only the link that Slipway printed opens a new one. */
export function SignedOut() {
  return (
    <main className="flex h-full items-center justify-center">
      <EmptyState
        icon={KeyRound}
        title="This session has ended"
        actions={<Button onClick={() => window.location.reload()}>Reload</Button>}
      >
        <p>
          Slipway was restarted, or this page was opened without its link. Reload: Slipway then prints a new link in its
          terminal. Each link works once.
        </p>
        <p className="mt-2 text-xs text-faint">In the desktop app, close this window and open Slipway again.</p>
      </EmptyState>
    </main>
  );
}

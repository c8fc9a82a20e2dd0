import { KeyRound } from 'lucide-react';
import { Button } from '../../components/button.tsx';
import { EmptyState } from '../../components/notice.tsx';
import { strings } from '../../strings/index.ts';

const words = strings.frame.signedOut;

/** The whole page once the session is void: only the link that Slipway printed opens a new one. */
export function SignedOut() {
  return (
    <main className="flex h-full items-center justify-center">
      <EmptyState
        icon={KeyRound}
        title={words.title}
        actions={<Button onClick={() => window.location.reload()}>{words.reload}</Button>}
        hint={words.desktop}
      >
        <p>{words.text}</p>
      </EmptyState>
    </main>
  );
}

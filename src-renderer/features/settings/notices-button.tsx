import { useState } from 'react';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { ScrollArea } from '../../components/scroll-area.tsx';
import { errorText } from '../../stores/commands.ts';
import { strings } from '../../strings/index.ts';
import { RetryNotice } from './retry-notice.tsx';

const words = strings.settings.about.notices;

/** What the build writes beside the page: the licences of all packages that it contains. */
const NOTICES_URL = '/third-party-notices.txt';

type Loaded = { readonly text: string } | { readonly problem: string } | undefined;

/** Opens the licences of everything that is shipped, which are read when somebody asks for them. */
export function NoticesButton() {
  const [isOpen, setOpen] = useState(false);
  const [loaded, setLoaded] = useState<Loaded>();
  const load = (): void => {
    setLoaded(undefined);
    fetch(NOTICES_URL)
      .then(async (response) => {
        if (!response.ok) throw new Error(words.status(String(response.status)));
        setLoaded({ text: await response.text() });
      })
      .catch((error: unknown) => setLoaded({ problem: errorText(error) }));
  };
  const show = (): void => {
    setOpen(true);
    load();
  };
  return (
    <>
      <Button size="sm" onClick={show}>
        {words.show}
      </Button>
      <Dialog
        title={words.name}
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        width="lg"
        footer={<Button onClick={() => setOpen(false)}>{strings.components.close}</Button>}
      >
        <ScrollArea label={words.name} className="min-h-40 px-4 py-3">
          {loaded === undefined && <p className="text-sm text-muted">{words.loading}</p>}
          {loaded && 'problem' in loaded && (
            <RetryNotice title={words.failed} message={loaded.problem} onRetry={load} />
          )}
          {loaded && 'text' in loaded && (
            <pre className="font-mono text-xs wrap-anywhere whitespace-pre-wrap">{loaded.text}</pre>
          )}
        </ScrollArea>
      </Dialog>
    </>
  );
}

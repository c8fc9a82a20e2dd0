import { TriangleAlert } from 'lucide-react';
import { Button } from '../../components/button.tsx';
import { Notice } from '../../components/notice.tsx';
import { strings } from '../../strings/index.ts';

/** What could not be read, why, and the way to ask again. */
export function RetryNotice({
  title,
  message,
  onRetry,
}: {
  readonly title: string;
  readonly message: string;
  readonly onRetry: () => void;
}) {
  return (
    <div role="alert">
      <Notice
        tone="bad"
        icon={TriangleAlert}
        title={title}
        actions={
          <Button size="sm" onClick={onRetry}>
            {strings.settings.retry}
          </Button>
        }
      >
        {message}
      </Notice>
    </div>
  );
}

import { ArrowLeft, ArrowRight, Box, ChevronRight, CircleAlert, History, RefreshCw } from 'lucide-react';
import { Fragment, useState } from 'react';
import { Button, IconButton } from '../../components/button.tsx';
import { Field } from '../../components/field.tsx';
import { Notice } from '../../components/notice.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { formatCount } from '../../format/quantity.ts';
import { fullStop, sentence } from '../../format/sentence.ts';
import { formatAbsolute, formatClock } from '../../format/time.ts';
import { useConnected } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { splitCode } from './connection-state.ts';
import { PrefixTable } from './prefix-table.tsx';
import type { Listing } from './sources-memory.ts';
import type { BrowseThrough } from './use-prefix-page.ts';
import { usePrefixPage } from './use-prefix-page.ts';

const words = strings.sources.browse;
const PAGE = 1000;

/** What is below a prefix, a page of a thousand at a time, and the way to serve it. */
export function PrefixBrowser({
  owner,
  uri,
  through,
  needsSave,
  canServe,
  onGo,
  onServe,
}: {
  /** Whose listings these are: the connection's id. */
  readonly owner: string;
  readonly uri: string;
  /** How to reach the store as the form says now; undefined while the form is wrong. */
  readonly through: () => BrowseThrough | undefined;
  /** What is served needs a connection that is saved. */
  readonly needsSave: boolean;
  readonly canServe: boolean;
  readonly onGo: (uri: string) => void;
  readonly onServe: (uri: string) => void;
}) {
  const connected = useConnected();
  const browsing = usePrefixPage(owner, uri, through);
  const { listing, isLoading, failure } = browsing;
  const serveLabel = needsSave ? words.serveFirst : words.serve;
  return (
    <section aria-label={words.title} className="flex min-w-0 flex-col rounded-lg border border-line bg-surface">
      <header className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2.5">
        <Breadcrumb uri={uri} onGo={onGo} />
        <span className="flex-1" />
        <Button
          size="sm"
          variant="primary"
          icon={Box}
          disabled={!connected || !canServe || uri === ''}
          onClick={() => onServe(uri)}
        >
          {serveLabel}
        </Button>
        <IconButton icon={RefreshCw} label={words.retry} disabled={!connected || isLoading} onClick={browsing.reload} />
      </header>
      <Address key={uri} uri={uri} onGo={onGo} />
      {failure !== undefined && (
        <div role="alert" className="px-4 pt-3">
          <Failure message={failure} listing={listing} onRetry={browsing.reload} disabled={!connected} />
        </div>
      )}
      {!listing && isLoading && (
        <div className="p-4">
          <Skeleton rows={2} label={words.loading} />
        </div>
      )}
      {listing && (
        <PrefixTable
          listing={listing}
          isFirst={browsing.pageIndex === 0}
          isOld={failure !== undefined || !connected}
          isLoading={isLoading}
          canServe={connected && canServe}
          onGo={onGo}
          onServe={onServe}
        />
      )}
      {listing && (browsing.pageIndex > 0 || listing.page.next !== undefined) && (
        <footer className="flex items-center justify-end gap-2 border-t border-line px-4 py-2">
          <span role="status" className="me-auto text-xs text-muted">
            {words.page(
              formatCount(browsing.pageIndex * PAGE + 1),
              formatCount(browsing.pageIndex * PAGE + listing.page.folders.length + listing.page.files.length),
              listing.page.next !== undefined,
            )}
          </span>
          <Button
            size="sm"
            icon={ArrowLeft}
            disabled={!connected || isLoading || browsing.pageIndex === 0}
            onClick={browsing.previous}
          >
            {words.previous}
          </Button>
          <Button
            size="sm"
            icon={ArrowRight}
            disabled={!connected || isLoading || listing.page.next === undefined}
            onClick={browsing.next}
          >
            {words.next}
          </Button>
        </footer>
      )}
    </section>
  );
}

/** The places above, each a way there. */
function Breadcrumb({ uri, onGo }: { readonly uri: string; readonly onGo: (uri: string) => void }) {
  const steps = uri === '' ? [] : breadcrumb(uri);
  return (
    <nav aria-label={words.path} className="min-w-0">
      <ol className="flex flex-wrap items-center gap-0.5 font-mono text-xs">
        {steps.map(({ name, uri: to }, index) => {
          const isLast = index === steps.length - 1;
          return (
            <Fragment key={to}>
              {index > 0 && (
                <li aria-hidden>
                  <ChevronRight size={12} className="text-faint" />
                </li>
              )}
              <li>
                <button
                  type="button"
                  aria-current={isLast ? 'location' : undefined}
                  onClick={() => onGo(to)}
                  className={`rounded-sm px-1 py-0.5 hover:bg-hover ${isLast ? 'font-semibold text-ink' : 'text-muted hover:text-ink'}`}
                >
                  {name}
                </button>
              </li>
            </Fragment>
          );
        })}
      </ol>
    </nav>
  );
}

/** `s3://host:9000/ml/a/b` as `host:9000/ml`, `a`, `b`; the first is the bucket. */
function breadcrumb(uri: string): readonly { readonly name: string; readonly uri: string }[] {
  const root = /^s3:\/\/(?:https?:\/\/[^/]+\/|[^/]+:\d+\/)?[^/]*/iu.exec(uri)?.[0] ?? uri;
  const parts = uri
    .slice(root.length)
    .split('/')
    .filter((part) => part !== '');
  return [
    { name: root.replace(/^s3:\/\//iu, ''), uri: root },
    ...parts.map((name, index) => ({ name, uri: `${root}/${parts.slice(0, index + 1).join('/')}` })),
  ];
}

/** Any other place by its URI, for whoever may read but not list above it. */
function Address({ uri, onGo }: { readonly uri: string; readonly onGo: (uri: string) => void }) {
  const [text, setText] = useState(uri);
  return (
    <form
      className="flex items-end gap-2 border-b border-line px-4 py-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== '') onGo(text.trim());
      }}
    >
      <div className="min-w-0 flex-1">
        <Field label={words.where} labelHidden mono value={text} onChange={(event) => setText(event.target.value)} />
      </div>
      <Button submit disabled={text.trim() === '' || text.trim() === uri}>
        {words.go}
      </Button>
    </form>
  );
}

function Failure({
  message,
  listing,
  disabled,
  onRetry,
}: {
  readonly message: string;
  readonly listing: Listing | undefined;
  readonly disabled: boolean;
  readonly onRetry: () => void;
}) {
  const { text, code } = splitCode(message);
  return (
    <Notice
      tone={code === 'S3_LIST_DENIED' ? 'warn' : 'bad'}
      icon={CircleAlert}
      title={words.failed}
      actions={
        <Button size="sm" disabled={disabled} onClick={onRetry}>
          {words.retry}
        </Button>
      }
    >
      <p className="wrap-anywhere">{fullStop(sentence(text))}</p>
      {code === 'S3_LIST_DENIED' && <p className="text-xs text-muted">{strings.sources.test.partialText}</p>}
      {code !== undefined && <code className="font-mono text-2xs text-muted">{code}</code>}
      {listing && <AsOf listing={listing} />}
    </Notice>
  );
}

function AsOf({ listing: { atMs } }: { readonly listing: Listing }) {
  return (
    <p title={formatAbsolute(atMs)} className="flex items-center gap-1.5 text-xs text-muted">
      <History aria-hidden size={13} />
      {words.asOf(formatClock(atMs))}
    </p>
  );
}

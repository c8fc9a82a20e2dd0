import type { LucideIcon } from 'lucide-react';
import { ArrowRight, CircleSlash2, Cloud, FlaskConical, FolderPlus, HardDrive, LoaderCircle } from 'lucide-react';
import type { ReactNode } from 'react';
import { useEffect } from 'react';
import { Link } from 'wouter';
import type { ModelView } from '#contracts/ui.ts';
import { useApp, useServer } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';

const words = strings.frame.welcome;

/** The sample that shows most at once, where it is there. */
const BEST_SAMPLE = 'digits';

/** Which sample to try, and whether it answers already. */
export function sampleToTry(
  models: readonly ModelView[],
): { readonly name: string; readonly isReady: boolean } | undefined {
  const samples = models.filter(({ origin }) => origin === 'sample');
  const ready = samples.filter(({ versions }) => versions.some(({ phase }) => phase === 'available'));
  const best = (among: readonly ModelView[]): ModelView | undefined =>
    among.find(({ name }) => name === BEST_SAMPLE) ?? among[0];
  // One that answers goes before a better one that does not.
  const chosen = best(ready) ?? best(samples);
  return chosen && { name: chosen.name, isReady: ready.includes(chosen) };
}

/** Seen once, before there is anything of one's own: three ways to start, and what Slipway does not do. */
export function WelcomeScreen() {
  const welcomed = useApp((state) => state.welcomed);
  const names = useServer((state) => state.names);
  const models = useServer((state) => state.models);
  const sample = sampleToTry(names.flatMap((name) => models[name] ?? []));
  useEffect(() => welcomed(), [welcomed]);
  return (
    <div className="h-full overflow-y-auto">
      <div className="mx-auto flex min-h-full max-w-4xl flex-col justify-center gap-8 px-6 py-8">
        <header className="flex max-w-xl flex-col gap-2">
          <h1 className="text-xl font-semibold tracking-tight text-balance">{words.title}</h1>
          <p className="text-md text-muted">{words.text}</p>
        </header>
        <ul className="grid grid-cols-[repeat(auto-fit,minmax(13.5rem,1fr))] gap-3">
          <Card
            icon={FlaskConical}
            title={words.sample.title}
            action={words.sample.action}
            href={sample && `/play?model=${encodeURIComponent(sample.name)}`}
            status={
              sample === undefined ? (
                words.sample.missing
              ) : sample.isReady ? undefined : (
                <>
                  <LoaderCircle aria-hidden size={12} className="animate-spin" /> {words.sample.waiting}
                </>
              )
            }
            isFirst
          >
            {words.sample.text}
          </Card>
          <Card icon={FolderPlus} title={words.add.title} action={words.add.action} href="/models?add=">
            {words.add.text}
          </Card>
          <Card icon={Cloud} title={words.s3.title} action={words.s3.action} href="/sources/new">
            {words.s3.text}
          </Card>
        </ul>
        <footer className="flex flex-wrap items-center gap-x-5 gap-y-2 text-xs text-muted">
          <Fact icon={HardDrive}>{words.facts.data}</Fact>
          <Fact icon={CircleSlash2}>{words.facts.account}</Fact>
          <Fact icon={CircleSlash2}>{words.facts.telemetry}</Fact>
          <Link
            href="/models"
            className="ms-auto rounded-sm font-medium text-accent underline-offset-2 hover:underline"
          >
            {words.skip}
          </Link>
        </footer>
      </div>
    </div>
  );
}

function Card({
  icon: Icon,
  title,
  action,
  href,
  status,
  isFirst = false,
  children,
}: {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly action: string;
  /** Undefined where it cannot be done. */
  readonly href: string | undefined;
  readonly status?: ReactNode;
  readonly isFirst?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <li className="group relative flex flex-col gap-2 rounded-lg border border-line bg-surface p-4 shadow-raised transition-colors has-[a:hover]:border-line-strong has-[a:hover]:bg-raised">
      <span
        className={`mb-1 flex size-9 items-center justify-center rounded-md ${isFirst ? 'bg-accent-fill text-on-accent' : 'bg-accent-soft text-accent'}`}
      >
        <Icon aria-hidden size={18} />
      </span>
      <h2 className="text-md font-semibold">{title}</h2>
      <p className="flex-1 text-sm text-muted">{children}</p>
      {status !== undefined && <p className="flex items-center gap-1.5 text-xs text-faint">{status}</p>}
      {href !== undefined && (
        <Link
          href={href}
          className="mt-1 flex items-center gap-1.5 rounded-sm text-sm font-medium text-accent after:absolute after:inset-0 after:rounded-lg focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-accent"
        >
          {action}
          <ArrowRight
            aria-hidden
            size={14}
            className="transition-transform group-hover:translate-x-0.5 rtl:-scale-x-100"
          />
        </Link>
      )}
    </li>
  );
}

function Fact({ icon: Icon, children }: { readonly icon: LucideIcon; readonly children: ReactNode }) {
  return (
    <span className="flex items-center gap-1.5">
      <Icon aria-hidden size={13} className="text-faint" />
      {children}
    </span>
  );
}

import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { ModelInfo, TensorInfo } from '#contracts/signature.ts';
import type { EventView, ModelView, VersionView } from '#contracts/ui.ts';
import { ScrollArea } from '../../components/scroll-area.tsx';
import { formatBytes, formatShape, memoryText, plural } from '../../format/quantity.ts';
import { sentence } from '../../format/sentence.ts';
import { formatAbsolute, formatAgo, formatClock, formatCountdown, POLL_NEWS_MS } from '../../format/time.ts';
import { latestKnownInfo } from '../../stores/server-store.ts';
import { useServer, useTimeText } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { modelHref } from './model-links.ts';
import { StatusBadge } from './status-badge.tsx';
import { isConflict, placeWord, plainReason } from './reason-text.ts';
import { EVENT_LOOK, eventStatus } from './version-status.ts';

const words = strings.models.detail;

const MAX_EVENTS = 20;

/** What a model takes and gives, what happened to it, and what its folder holds besides versions. */
export function ModelDetails({ model }: { readonly model: ModelView }) {
  const known = useServer((state) => state.knownInfo);
  const latest = latestKnownInfo(known, model);
  const memory = model.versions.find(({ version }) => version === latest?.version)?.memory;
  return (
    <div className="model-details mx-4 mt-2 mb-1 grid gap-x-8 gap-y-5 border-t border-line pt-3">
      <div className="flex min-w-0 flex-col gap-5">
        {latest ? (
          <Signature version={latest.version} info={latest.info} memory={memory} />
        ) : (
          <Section title={words.signature}>
            <p className="text-xs text-muted">{words.signatureLater}</p>
          </Section>
        )}
        <Source model={model} />
      </div>
      <Timeline name={model.name} history={model.history} />
    </div>
  );
}

function Section({
  title,
  aside,
  children,
}: {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <section className="min-w-0">
      <h2 className="mb-1.5 flex items-baseline gap-2 text-xs font-semibold">
        {title}
        {aside !== undefined && <span className="font-normal text-faint">{aside}</span>}
      </h2>
      {children}
    </section>
  );
}

function Signature({
  version,
  info,
  memory,
}: {
  readonly version: string;
  readonly info: ModelInfo;
  readonly memory: VersionView['memory'];
}) {
  const opset = info.opsets.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version;
  return (
    <Section title={words.signature} aside={words.signatureOf(version)}>
      <table className="w-full text-xs">
        <thead>
          <tr className="text-left text-2xs text-faint">
            <th className="w-16 font-medium">{words.kind}</th>
            <th className="pr-3 font-medium">{words.name}</th>
            <th className="pr-3 font-medium">{words.type}</th>
            <th className="font-medium">{words.shape}</th>
          </tr>
        </thead>
        <tbody className="align-baseline">
          {info.signature.inputs.map((tensor) => (
            <TensorRow
              key={`in-${tensor.name}`}
              kind={tensor.optional ? words.optionalInput : words.input}
              tensor={tensor}
            />
          ))}
          {info.signature.outputs.map((tensor) => (
            <TensorRow key={`out-${tensor.name}`} kind={words.output} tensor={tensor} />
          ))}
        </tbody>
      </table>
      {info.unsupportedOutputs.length > 0 && (
        <p className="mt-1 text-xs text-warn">{words.unsupported(info.unsupportedOutputs.join(', '))}</p>
      )}
      <dl className="mt-2 grid grid-cols-[auto_1fr] gap-x-4 gap-y-0.5 text-xs">
        <Entry term={words.format}>{words.formatText(opset, info.irVersion, info.producer)}</Entry>
        <Entry term={words.batching}>
          {info.batching.enabled ? words.on : words.off}. {sentence(info.batching.reason)}.
        </Entry>
        <Entry term={words.size}>
          {formatBytes(info.sizeBytes)}
          {memory && `, ${memoryText(memory)}`}
          {memory?.measuredBytes !== undefined && (
            <span className="text-faint"> {words.expected(formatBytes(memory.estimatedBytes))}</span>
          )}
        </Entry>
        {info.description !== '' && <Entry term={words.description}>{info.description}</Entry>}
        {Object.entries(info.metadata).map(([key, value]) => (
          <Entry key={key} term={key}>
            {value}
          </Entry>
        ))}
      </dl>
    </Section>
  );
}

function TensorRow({ kind, tensor }: { readonly kind: string; readonly tensor: TensorInfo }) {
  return (
    <tr>
      <td className="pr-3 text-muted">{kind}</td>
      <td className="pr-3 font-mono break-all">{tensor.name}</td>
      <td className="pr-3 font-mono text-muted">{tensor.dtype}</td>
      <td className="font-mono text-muted">{formatShape(tensor.dims)}</td>
    </tr>
  );
}

function Entry({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <>
      <dt className="text-faint">{term}</dt>
      <dd className="min-w-0 break-words text-muted">{children}</dd>
    </>
  );
}

function Source({ model }: { readonly model: ModelView }) {
  const { polledAtMs, nextPollAtMs, ignored, versions } = model.source;
  return (
    <Section
      title={placeWord(model.basePath)}
      aside={polledAtMs !== undefined && <PollTimes polledAtMs={polledAtMs} nextPollAtMs={nextPollAtMs} />}
    >
      <p className="font-mono text-2xs break-all text-muted">{model.basePath}</p>
      <p className="mt-1 text-xs text-muted">{words.found(plural(versions.length, 'version'), ignored.length > 0)}</p>
      {ignored.length > 0 && (
        <ScrollArea label={words.ignored} className="mt-1 max-h-40">
          <ul className="grid grid-cols-[fit-content(10rem)_1fr] gap-x-4 gap-y-0.5 text-xs">
            {ignored.map((each) => (
              <li key={each.entry} className="col-span-2 grid grid-cols-subgrid">
                <span className="font-mono wrap-anywhere">{each.entry}</span>
                <span className={`min-w-0 wrap-anywhere ${isConflict(each) ? 'text-warn' : 'text-muted'}`}>
                  {each.reason}
                </span>
              </li>
            ))}
          </ul>
        </ScrollArea>
      )}
    </Section>
  );
}

/** When the folder was looked at, and will be next where that is worth waiting for: each second would only flicker. */
function PollTimes({
  polledAtMs,
  nextPollAtMs = 0,
}: {
  readonly polledAtMs: number;
  readonly nextPollAtMs: number | undefined;
}) {
  return useTimeText((now) => {
    if (Math.max(polledAtMs + POLL_NEWS_MS, nextPollAtMs) < now) return '';
    const next = nextPollAtMs - now > 2000 ? formatCountdown(nextPollAtMs - now) : undefined;
    return words.polled(formatAgo(now - polledAtMs), next);
  });
}

function Timeline({ name, history }: { readonly name: string; readonly history: readonly EventView[] }) {
  const newest = history.slice(-MAX_EVENTS).toReversed();
  return (
    <Section
      title={words.timeline}
      aside={
        <>
          {history.length > 0 && <>{words.newestFirst}, </>}
          <Link href={modelHref(name)} className="rounded-sm text-accent underline-offset-2 hover:underline">
            {words.all}
          </Link>
        </>
      }
    >
      {newest.length === 0 ? (
        <p className="text-xs text-muted">{words.nothing}</p>
      ) : (
        <ScrollArea label={words.events(newest.length, history.length)} className="max-h-72">
          <ol className="flex flex-col gap-0.5 text-xs">
            {newest.map((event) => (
              <li key={event.sequence} className="timeline-grid">
                <time
                  dateTime={new Date(event.atMs).toISOString()}
                  title={formatAbsolute(event.atMs)}
                  className="font-mono text-2xs text-faint"
                >
                  {formatClock(event.atMs)}
                </time>
                <span className="font-mono">v{event.version}</span>
                <StatusBadge look={EVENT_LOOK[eventStatus(event)]} />
                <span className="min-w-0 break-words text-muted">{plainReason(eventStatus(event), event.reason)}</span>
              </li>
            ))}
          </ol>
        </ScrollArea>
      )}
    </Section>
  );
}

import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import type { ModelInfo, TensorInfo } from '#contracts/signature.ts';
import type { ModelView } from '#contracts/ui.ts';
import { CopyButton } from '../../components/copy.tsx';
import { formatBytes, formatCount, formatShape } from '../../format/quantity.ts';
import { sentence } from '../../format/sentence.ts';
import { errorText } from '../../stores/commands.ts';
import { latestKnownInfo } from '../../stores/server-store.ts';
import { useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { WorkerFact } from '../models/version-row.tsx';
import { ORIGIN_TEXT } from '../models/version-status.ts';
import { Card } from './card.tsx';
import { FilesCard } from './files-card.tsx';

const text = strings.model;

/** What the model takes and gives, where it comes from, and how it is configured. */
export function OverviewTab({ model }: { readonly model: ModelView }) {
  const known = useServer((state) => state.knownInfo);
  const latest = latestKnownInfo(known, model);
  const view = model.versions.find(({ version }) => version === latest?.version);
  return (
    <div className="grid min-h-0 flex-1 auto-rows-min grid-cols-2 gap-4 overflow-y-auto px-5 py-4 @max-4xl:grid-cols-1">
      <Card title={text.signature} aside={latest && text.ofVersion(latest.version)}>
        {latest ? <SignatureTable info={latest.info} /> : <p className="text-sm text-muted">{text.notKnown}</p>}
      </Card>
      <Card title={text.facts}>
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1 text-sm">
          {latest && <InfoFacts info={latest.info} />}
          {view?.memory && (
            <Fact name={text.memory}>
              {view.memory.measuredBytes === undefined
                ? text.memoryExpected(formatBytes(view.memory.estimatedBytes))
                : text.memoryText(formatBytes(view.memory.measuredBytes), formatBytes(view.memory.estimatedBytes))}
            </Fact>
          )}
          {view?.worker && (
            <Fact name={text.worker}>
              <WorkerFact worker={view.worker} />
            </Fact>
          )}
        </dl>
      </Card>
      <Card title={text.source}>
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1 text-sm">
          <Fact name={text.place}>
            <span className="font-mono text-xs break-all">{model.basePath}</span>
          </Fact>
          <Fact name={text.origin}>{ORIGIN_TEXT[model.origin]}</Fact>
          <Fact name={text.found}>
            {formatCount(model.source.versions.length)}
            {model.source.versions.length > 0 && (
              <span className="text-muted">
                {' '}
                (
                {model.source.versions
                  .slice(0, 12)
                  .map(({ version }) => `v${version}`)
                  .join(', ')}
                {model.source.versions.length > 12 ? ', …' : ''})
              </span>
            )}
          </Fact>
          {model.source.ignored.length > 0 && (
            <Fact name={text.ignored}>
              <ul>
                {model.source.ignored.map(({ entry, reason }) => (
                  <li key={entry}>
                    <span className="font-mono text-xs">{entry}</span> <span className="text-muted">{reason}</span>
                  </li>
                ))}
              </ul>
            </Fact>
          )}
        </dl>
      </Card>
      <ConfigCard model={model} />
      <FilesCard model={model} usual={latest?.version} />
    </div>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}

function SignatureTable({ info }: { readonly info: ModelInfo }) {
  const { inputs, outputs } = info.signature;
  return (
    <>
      <table className="w-full text-sm">
        <thead>
          <tr className="text-start text-xs text-faint">
            {(['kind', 'name', 'type', 'shape'] as const).map((column) => (
              <th key={column} scope="col" className="pe-4 pb-1 text-start font-medium">
                {text.signatureColumns[column]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="align-baseline">
          {inputs.map((tensor) => (
            <TensorRow
              key={`in-${tensor.name}`}
              kind={tensor.optional ? text.kind.optional : text.kind.input}
              tensor={tensor}
            />
          ))}
          {outputs.map((tensor) => (
            <TensorRow key={`out-${tensor.name}`} kind={text.kind.output} tensor={tensor} />
          ))}
        </tbody>
      </table>
      {info.unsupportedOutputs.length > 0 && (
        <p className="mt-2 text-xs text-warn">{text.leftOut(info.unsupportedOutputs.join(', '))}</p>
      )}
    </>
  );
}

function TensorRow({ kind, tensor }: { readonly kind: string; readonly tensor: TensorInfo }) {
  return (
    <tr className="border-t border-line">
      <td className="py-1 pe-4 text-muted">{kind}</td>
      <td className="py-1 pe-4 font-mono text-xs break-all">{tensor.name}</td>
      <td className="py-1 pe-4 font-mono text-xs text-muted">{tensor.dtype}</td>
      <td className="py-1 font-mono text-xs text-muted">{formatShape(tensor.dims)}</td>
    </tr>
  );
}

function InfoFacts({ info }: { readonly info: ModelInfo }) {
  const opset = info.opsets.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version;
  return (
    <>
      <Fact name={text.format}>
        {text.formatText(
          opset === undefined ? '' : text.opset(opset),
          info.irVersion,
          info.producer === '' ? '' : text.producer(info.producer),
        )}
      </Fact>
      {info.graphName !== '' && <Fact name={text.graphName}>{info.graphName}</Fact>}
      {info.description !== '' && <Fact name={text.description}>{info.description}</Fact>}
      <Fact name={text.size}>{formatBytes(info.sizeBytes)}</Fact>
      <Fact name={text.batching}>{text.batchingText(info.batching.enabled, sentence(info.batching.reason))}</Fact>
      {Object.entries(info.metadata).map(([key, value]) => (
        <Fact key={key} name={key}>
          {value}
        </Fact>
      ))}
    </>
  );
}

function ConfigCard({ model }: { readonly model: ModelView }) {
  const { commands } = useServices();
  const [config, setConfig] = useState<{ readonly text?: string; readonly problem?: string }>({});
  // Asked for again when something that stands in it has changed.
  const content = JSON.stringify([model.versionPolicy, model.aspiredVersionPolicy, model.labels]);
  useEffect(() => {
    const abort = new AbortController();
    commands.run('modelConfig', { name: model.name }, abort.signal).then(
      (answer) => setConfig({ text: answer.text }),
      (error: unknown) => {
        if (!abort.signal.aborted) setConfig({ problem: errorText(error) });
      },
    );
    return () => abort.abort();
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- another content is another answer
  }, [commands, model.name, content]);
  return (
    <Card
      title={text.config}
      aside={
        <>
          {text.configHint}
          {config.text !== undefined && <CopyButton text={config.text} what={text.copiedConfig} />}
        </>
      }
    >
      {config.problem !== undefined && <p className="text-sm text-bad">{config.problem}</p>}
      {config.text !== undefined && (
        <pre className="overflow-x-auto rounded-md border border-line bg-sunken p-3 font-mono text-xs">
          {config.text}
        </pre>
      )}
    </Card>
  );
}

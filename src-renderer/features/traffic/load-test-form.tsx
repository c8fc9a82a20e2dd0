import { Gauge, Info } from 'lucide-react';
import { useMemo, useState } from 'react';
import { ServableName, ServableVersion } from '#contracts/ids.ts';
import { LOAD_TEST_LIMITS, type LoadTestReport } from '#contracts/ui-traffic.ts';
import { Button } from '../../components/button.tsx';
import { CodeEditor } from '../../components/code-editor.tsx';
import { Notice } from '../../components/notice.tsx';
import { NumberField } from '../../components/number-field.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Select } from '../../components/select.tsx';
import { formatBytes } from '../../format/quantity.ts';
import { errorText } from '../../stores/commands.ts';
import { useConnected, usePlay, useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { exampleRequest, writeRequest } from '../../tensors/request-form.ts';
import { FileChip, RequestChip } from '../playground/json-area.tsx';

const text = strings.traffic;
const LATEST = 'latest';
/** The editor is small, and a line that is longer than this takes it long to break. */
const MAX_SHOWN_CHARACTERS = 100_000;

type Input = 'request' | 'draft' | 'example' | 'own';

/** Plans a load test and starts it. */
export function LoadTestForm({
  given,
  model: wanted,
  running,
  onStarted,
}: {
  readonly given: { readonly model: string; readonly body: string } | undefined;
  readonly model: string | undefined;
  readonly running: LoadTestReport | undefined;
  readonly onStarted: (id: string) => void;
}) {
  const { commands } = useServices();
  const connected = useConnected();
  const names = useServer((state) => state.names);
  const models = useServer((state) => state.models);
  const drafts = usePlay((state) => state.drafts);
  const [chosenModel, setModel] = useState<string | undefined>(given?.model ?? wanted);
  const [version, setVersion] = useState(LATEST);
  const [concurrency, setConcurrency] = useState(8);
  const [seconds, setSeconds] = useState(10);
  const [input, setInput] = useState<Input | undefined>(given && 'request');
  const [own, setOwn] = useState('');
  const [problem, setProblem] = useState<string | undefined>();
  const [starting, setStarting] = useState(false);

  const isServing = (name: string): boolean =>
    models[name]?.versions.some(({ phase }) => phase === 'available') ?? false;
  const model = chosenModel ?? names.find(isServing) ?? names[0];
  const view = model === undefined ? undefined : models[model];
  const signature = view?.versions.find(({ info }) => info)?.info?.signature;
  const example = useMemo(() => signature && writeRequest(exampleRequest(signature), signature), [signature]);
  const bodies: Partial<Record<Input, string>> = {
    ...(given && given.model === model && { request: given.body }),
    ...(model !== undefined && drafts[model] !== undefined && { draft: drafts[model] }),
    ...(example !== undefined && { example }),
    own,
  };
  const inputs = (['request', 'draft', 'example', 'own'] as const).filter((key) => bodies[key] !== undefined);
  const used = input !== undefined && inputs.includes(input) ? input : (inputs[0] ?? 'own');
  const body = bodies[used] ?? '';
  const bodyProblem = useMemo(() => problemOf(body), [body]);
  const bytes = useMemo(() => bytesOf(body), [body]);

  const start = async (): Promise<void> => {
    const name = ServableName.safeParse(model);
    if (!name.success) return;
    setStarting(true);
    try {
      const { id } = await commands.run('startLoadTest', {
        model: name.data,
        ...(version !== LATEST && { version: ServableVersion.parse(version) }),
        concurrency,
        durationMs: seconds * 1000,
        body,
      });
      onStarted(id);
    } catch (error) {
      setProblem(errorText(error));
      setStarting(false);
    }
  };

  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      <p className="text-sm text-muted">{text.loadTestIntro}</p>
      <Notice tone="warn" icon={Info}>
        <p>{text.sharesCpu}</p>
      </Notice>
      <div className="grid gap-3 sm:grid-cols-2">
        <Select
          label={text.model}
          selected={model}
          onSelect={(name) => {
            setModel(name);
            setVersion(LATEST);
          }}
          options={names.map((key) => ({ key, label: key }))}
        />
        <Select
          label={text.versionLabel}
          selected={version}
          onSelect={setVersion}
          options={[
            { key: LATEST, label: text.latest },
            ...(view?.versions ?? [])
              .filter(({ phase }) => phase === 'available')
              .map(({ version: key }) => ({ key: String(key), label: text.version(key) })),
          ]}
        />
        <NumberField
          label={text.concurrency}
          value={concurrency}
          min={1}
          max={LOAD_TEST_LIMITS.maxConcurrency}
          onChange={(value) => setConcurrency(value ?? 1)}
        />
        <NumberField
          label={text.duration}
          value={seconds}
          unit={text.seconds}
          min={LOAD_TEST_LIMITS.minDurationMs / 1000}
          max={LOAD_TEST_LIMITS.maxDurationMs / 1000}
          onChange={(value) => setSeconds(value ?? 10)}
        />
      </div>
      <div className="flex flex-col gap-2">
        <div className="flex items-center justify-between gap-2">
          <Segmented
            label={text.input}
            selected={used}
            onSelect={(key) => {
              // What is edited begins with what was there.
              if (key === 'own' && own === '') setOwn(body);
              setInput(key);
            }}
            segments={inputs.map((key) => ({ key, label: text.inputs[key] }))}
          />
          <span className={`text-xs ${bodyProblem === undefined ? 'text-faint' : 'text-bad'}`} role="status">
            {bodyProblem ?? formatBytes(bytes)}
          </span>
        </div>
        {used === 'own' ? (
          <OwnBody text={own} isInvalid={bodyProblem !== undefined} onChange={setOwn} />
        ) : body.length > MAX_SHOWN_CHARACTERS ? (
          <FileChip name="request.json" text={body} note={text.bodyTooLongToShow} />
        ) : (
          <Body key={used} text={body} isInvalid={bodyProblem !== undefined} />
        )}
      </div>
      {problem !== undefined && (
        <p role="alert" className="text-sm text-bad">
          {problem}
        </p>
      )}
      <div className="flex items-center justify-end gap-3">
        {running && <span className="text-xs text-muted">{text.another}</span>}
        <Button
          submit
          variant="primary"
          icon={Gauge}
          disabled={!connected || starting || running !== undefined || model === undefined || bodyProblem !== undefined}
        >
          {text.start}
        </Button>
      </div>
    </form>
  );
}

/** A body to edit. A very long one is a file until the user wants to edit it all the same. */
function OwnBody(props: {
  readonly text: string;
  readonly isInvalid: boolean;
  readonly onChange: (text: string) => void;
}) {
  const [insists, setInsists] = useState(false);
  if (insists || props.text.length <= MAX_SHOWN_CHARACTERS) return <Body {...props} />;
  return (
    <RequestChip
      text={props.text}
      onReplace={props.onChange}
      onEdit={(next) => {
        setInsists(true);
        props.onChange(next);
      }}
    />
  );
}

function Body({
  text: body,
  isInvalid,
  onChange,
}: {
  readonly text: string;
  readonly isInvalid: boolean;
  readonly onChange?: (text: string) => void;
}) {
  return (
    <div className="flex h-44">
      <CodeEditor
        label={text.body}
        text={body}
        isWrapped
        isInvalid={isInvalid}
        hasLineNumbers={false}
        onChange={onChange}
      />
    </div>
  );
}

const bytesOf = (body: string): number => new TextEncoder().encode(body).byteLength;

/** Why a body cannot be sent; `undefined` where it can. */
function problemOf(body: string): string | undefined {
  if (bytesOf(body) > LOAD_TEST_LIMITS.maxBodyBytes)
    return text.bodyTooLong(formatBytes(LOAD_TEST_LIMITS.maxBodyBytes));
  return isJson(body) ? undefined : text.bodyNotJson;
}

function isJson(body: string): boolean {
  try {
    JSON.parse(body);
    return true;
  } catch {
    return false;
  }
}

import type { ServingView } from '#contracts/ui-serving.ts';
import type { ServerSettings } from '#contracts/ui-settings.ts';
import type { ServerView } from '#contracts/ui.ts';
import { CopyButton } from '../../components/copy.tsx';
import { useBoard } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { ExposureEditor } from './exposure-editor.tsx';
import { factRow } from './server-rows.tsx';
import type { SettingRow } from './setting-row.tsx';
import { TokenList } from './token-list.tsx';

const words = strings.servingSettings;

/** By which networks others can call, and with which tokens. */
export function useExposureRows(
  settings: ServerSettings | undefined,
  server: ServerView | undefined,
): readonly SettingRow[] {
  const accessTokens = useBoard('access')?.tokens ?? [];
  if (!settings || !server) return [];
  const { serving, restUrl } = server;
  const { exposure, tokens: token } = words;
  const group = strings.settings.groups.access;
  const isFixed = serving.fixed.includes('host') || serving.exposure?.isFixed === true;
  const host = factRow(settings, 'host', group);
  const reached = <Reached serving={serving} />;
  return [
    isFixed && host
      ? { ...host, text: `${host.text} ${exposure.fixed}`, below: reached }
      : {
          id: 'exposure',
          group,
          name: exposure.name,
          text: exposure.text,
          words: exposure.words,
          applies: 'live',
          fallback: exposure.local,
          isChanged: serving.exposure !== undefined,
          control: null,
          below: (
            <div className="flex flex-col gap-3">
              <ExposureEditor
                exposure={serving.exposure}
                hasTokens={accessTokens.length > 0}
                isEncrypted={restUrl.startsWith('https:')}
              />
              {reached}
            </div>
          ),
        },
    {
      id: 'tokens',
      group,
      name: token.name,
      text: token.text,
      words: token.words,
      applies: 'live',
      control: null,
      below: <TokenList tokens={accessTokens} />,
    },
  ];
}

/** Every address at which others can call. */
function Reached({ serving: { state, exposure } }: { readonly serving: ServingView }) {
  if (!exposure) return null;
  const { reachable, reachableLater, notOpen, addressOf } = words.exposure;
  const isOpen = state === 'running' || state === 'draining';
  return (
    <section aria-label={reachable} className="flex flex-col gap-1">
      <h4 className="text-xs font-medium text-muted">{isOpen ? reachable : reachableLater}</h4>
      <ul className="flex flex-col">
        {exposure.addresses.map(({ interface: name, family, address, restUrl, grpcAddress, problem }) => (
          <li key={`${name} ${family} ${address ?? ''}`} className="flex flex-wrap items-center gap-x-3 text-xs">
            <span className="w-28 truncate text-muted" title={name}>
              {name}
            </span>
            {[restUrl, grpcAddress].map(
              (place) =>
                place !== undefined && (
                  <span key={place} className="flex min-w-0 items-center gap-1">
                    <code className="font-mono wrap-anywhere">{place}</code>
                    <CopyButton text={place} what={addressOf(place)} />
                  </span>
                ),
            )}
            {problem !== undefined ? (
              <span className="text-bad">{problem}</span>
            ) : (
              (restUrl ?? grpcAddress) === undefined && <span className="text-muted">{address ?? notOpen}</span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

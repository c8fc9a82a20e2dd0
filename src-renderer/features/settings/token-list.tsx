import { Plus } from 'lucide-react';
import { useState } from 'react';
import type { AccessToken } from '#contracts/ui-serving.ts';
import { Button } from '../../components/button.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { Ago } from '../../components/time.tsx';
import { errorText } from '../../stores/commands.ts';
import { useConnected, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { NewTokenDialog } from './new-token-dialog.tsx';

const words = strings.servingSettings.tokens;

/** All tokens without their secrets; one can be made, and each taken back. */
export function TokenList({ tokens }: { readonly tokens: readonly AccessToken[] }) {
  const { commands, toasts } = useServices();
  const connected = useConnected();
  const [isCreating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<AccessToken>();

  const revoke = async ({ id, name }: AccessToken): Promise<void> => {
    try {
      await commands.run('revokeAccessToken', { id });
      toasts.getState().show({ tone: 'neutral', message: words.revoked(name) });
    } catch (error) {
      toasts.getState().show({ tone: 'bad', message: errorText(error) });
    }
  };
  return (
    <div className="flex flex-col gap-2">
      {tokens.length === 0 ? (
        <p className="text-sm text-muted">{words.none}</p>
      ) : (
        <Tokens tokens={tokens} disabled={!connected} onRevoke={setRevoking} />
      )}
      <div className="flex gap-2">
        <Button icon={Plus} disabled={!connected} onClick={() => setCreating(true)}>
          {words.create}
        </Button>
      </div>
      {isCreating && <NewTokenDialog onClose={() => setCreating(false)} />}
      {/*
        Asked before and then done at once, instead of done later with a way back: who revokes may know that somebody else
        has the token, and it must not go on working because a page was closed before its time to undo was over.
      */}
      {revoking && (
        <ConfirmDialog
          title={words.revokeTitle(revoking.name)}
          action={words.revoke}
          onClose={() => setRevoking(undefined)}
          onConfirm={() => void revoke(revoking)}
        >
          <p>{words.revokeText}</p>
        </ConfirmDialog>
      )}
    </div>
  );
}

function Tokens({
  tokens,
  disabled,
  onRevoke,
}: {
  readonly tokens: readonly AccessToken[];
  readonly disabled: boolean;
  readonly onRevoke: (token: AccessToken) => void;
}) {
  const { columns } = words;
  const head = 'px-3 py-1.5 text-start font-medium';
  return (
    <div className="overflow-x-auto rounded-md border border-line">
      <table aria-label={words.list} className="w-full text-sm">
        <thead className="border-b border-line bg-sunken text-2xs text-muted">
          <tr>
            <th className={head}>{columns.name}</th>
            <th className={head}>{columns.created}</th>
            <th className={head}>{columns.used}</th>
            <th className={head}>
              <span className="sr-only">{columns.action}</span>
            </th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {tokens.map((token) => (
            <tr key={token.id} data-token={token.name}>
              <th scope="row" className="min-w-32 px-3 py-1.5 text-start font-medium wrap-anywhere">
                {token.name}
              </th>
              <td className="px-3 py-1.5 text-xs text-muted">
                <Ago atMs={token.createdAtMs} />
              </td>
              <td className="px-3 py-1.5 text-xs text-muted">
                {token.lastUsedAtMs === undefined ? words.neverUsed : <Ago atMs={token.lastUsedAtMs} />}
              </td>
              <td className="px-2 py-1.5 text-end">
                <Button
                  size="sm"
                  disabled={disabled}
                  aria-label={words.revokeName(token.name)}
                  onClick={() => onRevoke(token)}
                >
                  {words.revoke}
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

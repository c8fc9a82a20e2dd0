import { Ellipsis, PlugZap, Save, Trash2, Undo2 } from 'lucide-react';
import { useRef, useState } from 'react';
import { useLocation } from 'wouter';
import type { ConnectionView, SourcesBoard } from '#contracts/ui-sources.ts';
import { Badge } from '../../components/badge.tsx';
import { Button, IconButton } from '../../components/button.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { ActionMenu } from '../../components/menu.tsx';
import { plural } from '../../format/quantity.ts';
import { useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { CONNECTION_LOOK, connectionState } from './connection-state.ts';
import { deleteConnection, deleteConnectionWithUndo } from './delete-connection.ts';
import { useSourcesMemoryStore } from './sources-memory.ts';

const words = strings.sources.editor;

/** The connection's name and state, and what can be done with it. */
export function EditorHeader({
  title,
  id,
  saved,
  board,
  isDirty,
  saving,
  disabled,
  unsavable,
  isTesting,
  onTest,
  onSave,
  onDiscard,
}: {
  readonly title: string;
  readonly id: string;
  readonly saved: ConnectionView | undefined;
  readonly board: SourcesBoard;
  readonly isDirty: boolean;
  readonly saving: boolean;
  readonly disabled: boolean;
  readonly unsavable: boolean;
  readonly isTesting: boolean;
  readonly onTest: () => void;
  readonly onSave: () => void;
  readonly onDiscard: () => void;
}) {
  const { commands, toasts } = useServices();
  const memory = useSourcesMemoryStore();
  const [, navigate] = useLocation();
  const more = useRef<HTMLSpanElement>(null);
  const [menuOpen, setMenuOpen] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const parts = { commands, toasts, memory };
  const look = CONNECTION_LOOK[connectionState(id, board)];
  const users = saved?.models.length ?? 0;
  return (
    <header className="flex flex-wrap items-center gap-x-2.5 gap-y-2">
      <h2 className="min-w-0 truncate text-md font-semibold">{title}</h2>
      {saved && (
        <Badge tone={look.tone} icon={look.icon} isSpinning={look.spins ?? false}>
          {look.word}
        </Badge>
      )}
      {isDirty && <span className="text-xs text-muted">{saved ? words.unsaved : strings.sources.list.unsaved}</span>}
      <div className="ms-auto flex items-center gap-1.5">
        <Button icon={PlugZap} disabled={disabled || isTesting} onClick={onTest}>
          {strings.sources.test.run}
        </Button>
        <Button
          variant="primary"
          icon={Save}
          disabled={disabled || saving || !isDirty || unsavable}
          onClick={onSave}
          title={unsavable ? strings.sources.form.protectionNoneHelp : undefined}
        >
          {saving ? words.saving : words.save}
        </Button>
        <span ref={more}>
          <IconButton
            icon={Ellipsis}
            label={words.actionsOf(title)}
            title={words.more}
            aria-haspopup="menu"
            onClick={() => setMenuOpen(true)}
          />
        </span>
      </div>
      {menuOpen && (
        <ActionMenu
          label={words.actionsOf(title)}
          anchor={more}
          onClose={() => setMenuOpen(false)}
          actions={[
            {
              id: 'discard',
              label: words.discard,
              icon: Undo2,
              disabled: !isDirty,
              run: () => {
                onDiscard();
                if (!saved) navigate('/sources');
              },
            },
            ...(saved
              ? [
                  {
                    id: 'remove',
                    label: words.remove,
                    icon: Trash2,
                    disabled: disabled || users > 0,
                    note: users > 0 ? words.removeUsed(plural(users, 'model')) : undefined,
                    run: () => {
                      if (saved.credentials.kind === 'keys') return setDeleting(true);
                      navigate('/sources');
                      return deleteConnectionWithUndo(parts, saved);
                    },
                  },
                ]
              : []),
          ]}
        />
      )}
      {deleting && saved && (
        <ConfirmDialog
          title={words.removeTitle(saved.name)}
          action={words.removeAction}
          word={saved.name}
          onConfirm={() => {
            navigate('/sources');
            deleteConnection(parts, saved);
          }}
          onClose={() => setDeleting(false)}
        >
          <p>{words.removeText}</p>
        </ConfirmDialog>
      )}
    </header>
  );
}

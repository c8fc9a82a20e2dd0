import { useEffect, useEffectEvent, useState } from 'react';
import { useLocation } from 'wouter';
import type { ShellOpenRequest } from '#contracts/shell.ts';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';

const words = strings.frame.open;

/**
 * Shows what the desktop shell was asked to open. What anybody may have written as a link is shown first and done only when
 * the user agrees; adding models is never done from here: it leads to the dialog that says what would be served.
 */
export function OpenRequests() {
  const { shell } = useServices();
  const [, navigate] = useLocation();
  const [asked, setAsked] = useState<ShellOpenRequest>();
  const take = useEffectEvent((request: ShellOpenRequest) => {
    if (request.isOwn) navigate(routeOf(request));
    else setAsked(request);
  });
  useEffect(() => shell?.onOpen((request) => take(request)), [shell]);
  if (!asked) return null;
  return (
    <ConfirmDialog
      title={words.title}
      action={words.open}
      onClose={() => setAsked(undefined)}
      onConfirm={() => navigate(routeOf(asked))}
    >
      <p className="font-medium wrap-anywhere">{descriptionOf(asked)}</p>
      <p className="text-muted">{words.text}</p>
    </ConfirmDialog>
  );
}

function routeOf(request: ShellOpenRequest): string {
  switch (request.kind) {
    case 'model': {
      const model = `/models/${encodeURIComponent(request.name)}`;
      return request.version === undefined ? model : `${model}/${encodeURIComponent(request.version)}`;
    }
    case 'add':
      return `/models?add=${encodeURIComponent(request.uri)}`;
    case 'file':
      return `/models?add=${encodeURIComponent(request.path)}`;
    default:
      return request satisfies never;
  }
}

function descriptionOf(request: ShellOpenRequest): string {
  switch (request.kind) {
    case 'model':
      return request.version === undefined ? words.model(request.name) : words.version(request.name, request.version);
    case 'add':
      return words.add(request.uri);
    case 'file':
      return words.add(request.path);
    default:
      return request satisfies never;
  }
}

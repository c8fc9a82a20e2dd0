import type { ModelView, ServerView } from '#contracts/ui.ts';
import type { ModelInfo } from '#contracts/signature.ts';
import { exampleRequest, writeRequest } from '../../tensors/request-form.ts';
import type { SnippetKind, SnippetRequest } from '../../tensors/snippets.ts';
import { needsBodyFile, snippet } from '../../tensors/snippets.ts';

/** The public address of a model's predict method; without a version the latest available one answers. */
export function predictUrl(restUrl: string, name: string, version?: string): string {
  const at = version === undefined ? '' : `/versions/${version}`;
  return `${restUrl.replace(/\/$/u, '')}/v1/models/${encodeURIComponent(name)}${at}:predict`;
}

/** The shell that this computer's users most likely paste into. */
export const defaultShell = (platform: ServerView['platform']): SnippetKind =>
  platform === 'win32' ? 'powershell' : 'bash';

/** A command that predicts with zeros, or only asks for the state where the signature is unknown or the body too long. */
export function exampleCommand(server: ServerView, model: ModelView, info: ModelInfo | undefined): string {
  const kind = defaultShell(server.platform);
  if (info) {
    const request: SnippetRequest = {
      url: predictUrl(server.restUrl, model.name),
      body: writeRequest(exampleRequest(info.signature), info.signature),
    };
    if (!needsBodyFile(request)) return snippet(kind, request);
  }
  const url = predictUrl(server.restUrl, model.name).replace(/:predict$/u, '');
  return kind === 'powershell' ? `(Invoke-WebRequest -UseBasicParsing '${url}').Content` : `curl '${url}'`;
}

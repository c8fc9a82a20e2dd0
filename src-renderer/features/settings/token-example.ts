import type { ModelInfo } from '#contracts/signature.ts';
import type { ModelView, ServerView } from '#contracts/ui.ts';
import { exampleRequest, writeRequest } from '../../tensors/request-form.ts';
import { needsBodyFile, quoteBash, snippet } from '../../tensors/snippets.ts';
import { predictUrl } from '../models/example-snippet.ts';

const HEADER = '-H "Authorization: Bearer $SLIPWAY_TOKEN"';

/**
 * A call from another computer, as a shell command that takes the token from the variable `SLIPWAY_TOKEN`: the text can be passed on
 * and kept. It predicts with zeros, or asks for the state of the model where the body would be long or is not known.
 */
export function tokenExample(
  { serving, restUrl }: Pick<ServerView, 'serving' | 'restUrl'>,
  model: Pick<ModelView, 'name'>,
  info: ModelInfo | undefined,
): string {
  const reached = serving.exposure?.addresses.find((address) => address.restUrl !== undefined)?.restUrl ?? restUrl;
  const url = predictUrl(reached, model.name);
  if (info) {
    const request = { url, body: writeRequest(exampleRequest(info.signature), info.signature) };
    const [first = '', ...rest] = snippet('bash', request).split('\n');
    if (!needsBodyFile(request)) return [first, `  ${HEADER} \\`, ...rest].join('\n');
  }
  return `curl ${HEADER} ${quoteBash(url.replace(/:predict$/u, ''))}`;
}

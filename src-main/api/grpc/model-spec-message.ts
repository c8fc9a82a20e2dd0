import { z } from 'zod';
import type { ModelSpec } from './model-spec.ts';

/** A decoded `tensorflow.serving.ModelSpec`. */
export const ModelSpecMessage = z.object({
  name: z.string(),
  version: z.object({ value: z.string() }).optional(),
  version_label: z.string().optional(),
});

export function modelSpecOf(message: z.infer<typeof ModelSpecMessage> | null): ModelSpec | undefined {
  if (message === null) return undefined;
  return { name: message.name, version: message.version?.value, label: message.version_label };
}

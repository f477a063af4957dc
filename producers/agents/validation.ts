import type { z } from 'zod';

/** Every wrong parameter with its reason, for a 400 answer. */
export function describeIssues(error: z.ZodError): string {
  return error.issues
    .map((issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown parameter: ${issue.keys.join(', ')}`
        : `${issue.path.join('.')}: ${issue.message}`,
    )
    .join('; ');
}

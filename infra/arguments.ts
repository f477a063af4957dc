import { InvalidArgumentError } from 'commander';
import type { z } from 'zod';

/** Reads an argument of the command line by a type such as those of numbers.ts; its reason is the command's. */
export function argument<T>(type: z.ZodType<T>): (text: string) => T {
  return (text) => {
    const parsed = type.safeParse(text);
    if (parsed.success) return parsed.data;
    throw new InvalidArgumentError(parsed.error.issues.map(({ message }) => message).join('; '));
  };
}

import type { z } from 'zod';
import type { Detector } from './detector.ts';

const LONGEST_VALUE = 60;

/** What is wrong with the thresholds given for a detector: a line each, in plain words and with what there is instead. */
export function problemsOf(
  { kind, config }: Detector,
  given: unknown,
  issues: z.ZodError['issues'],
): string[] {
  const names = Object.keys(config.parse({}) as Record<string, unknown>);
  return issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys')
      return [`${[kind, ...issue.path].join('.')}: ${reasonOf(issue, valueAt(given, issue.path))}`];
    const there = names.length === 0 ? 'it has none' : `there are ${names.join(', ')}`;
    return issue.keys.map((name) => `${kind}.${name}: no such threshold (${there})`);
  });
}

function reasonOf(issue: z.ZodError['issues'][number], value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  const not = `, not ${text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text}`;
  switch (issue.code) {
    case 'invalid_type':
      if (issue.expected === 'object') return `must be an object of thresholds${not}`;
      return `must be a ${issue.expected === 'int' ? 'whole number' : issue.expected}${not}`;
    case 'too_small':
      return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${not}`;
    case 'too_big':
      return `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${not}`;
    default:
      return issue.message;
  }
}

/** A path has only what the schema knows: no names of prototypes. */
function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    given,
  );
}

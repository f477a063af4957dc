import type { Outcome } from './check.ts';

/** The figures of a run as Markdown. */
export function page({ title, checks, pictures }: Outcome): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  return [
    `# ${title}`,
    '',
    'Written by `npm run outage`.',
    '',
    ...Object.keys(pictures).flatMap((name) => [`![${title}](${name})`, '']),
    '| what | found | wanted | |',
    '| --- | --- | --- | --- |',
    ...checks.map(
      ({ what, found, wanted, ok }) =>
        `| ${cell(what)} | ${cell(found)} | ${cell(wanted)} | ${ok ? 'holds' : '**does not hold**'} |`,
    ),
    '',
  ].join('\n');
}

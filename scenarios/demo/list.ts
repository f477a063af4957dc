import { colours } from '#infra/colours.ts';
import { wrap } from '#sinks/explain/text.ts';
import type { Verdict } from '../judge/verdict.ts';
import { answersOf, foundOf, headline, incidentUrl, ranText } from './texts.ts';

/** The demo's answer where the terminal is too narrow for the table: a paragraph for each workflow. */
export function verdictList(verdicts: readonly Verdict[], api: string, width: number): string {
  const indented = (text: string) => wrap(text, width - 4).map((line) => `    ${line}`);
  return verdicts
    .flatMap((verdict) => {
      const { scenario, trace, faults } = verdict;
      const mark = faults.length === 0 ? colours.green('✔') : colours.red('✘');
      const found = foundOf(verdict);
      return [
        `${mark} ${colours.bold(scenario.name)}`,
        ...indented(ranText(verdict).join('; ')),
        ...indented(`expected: ${scenario.expects.join(', ') || 'nothing'}`),
        ...(found.length === 0 ? indented('found: nothing') : []),
        ...found.flatMap((finding) => [
          ...indented(`found: ${headline(finding)}`),
          ...indented(`→ ${finding.recommendations[0]?.text ?? ''}`),
          colours.dim(`    ${incidentUrl(api, finding)}`),
        ]),
        ...answersOf(verdict).flatMap(indented),
        ...(trace ? [colours.dim(`    npm run explain -- ${trace.traceId}`)] : []),
        ...faults.flatMap((fault) => indented(fault).map(colours.red)),
        '',
      ];
    })
    .join('\n');
}

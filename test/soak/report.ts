/** What a soak has shown, as Markdown beside its curves. */
import { BOUNDS, type Judged, judge, type Measure } from './bounds.ts';
import { curves } from './curves.ts';
import type { Sample } from './sample.ts';
import type { Point } from './slope.ts';

export interface Soaked {
  readonly minutes: number;
  readonly warmUp: number;
  readonly tracesPerSecond: number;
  readonly samples: readonly Sample[];
  readonly acknowledged: number;
  /** Rows of otel_traces as the docs say to count them. */
  readonly stored: number;
  readonly traces: number;
  readonly reads: number;
  readonly failedReads: number;
  /** Of the stop of all services, s. */
  readonly stopSeconds: number;
  readonly deaths: readonly string[];
}

const MEASURES = Object.keys(BOUNDS) as Measure[];
const MIB = 1 << 20;

/** The samples of one measure of a service; none where it has no such measure. */
export function seriesOf(samples: readonly Sample[], service: string, measure: Measure): Point[] {
  return samples.flatMap(({ minute, services }) => {
    const value = services[service as keyof typeof services]?.[measure];
    return value === undefined ? [] : [{ minute, value }];
  });
}

export function judgeAll({ samples, warmUp }: Soaked): Judged[] {
  const services = Object.keys(samples[0]?.services ?? {});
  return services.flatMap((service) =>
    MEASURES.flatMap((measure) => {
      const points = seriesOf(samples, service, measure);
      return points.length === 0
        ? []
        : [
            judge(
              service,
              measure,
              points.filter(({ minute }) => minute >= warmUp),
            ),
          ];
    }),
  );
}

/** Why the soak failed, a sentence each. */
export function faults(soaked: Soaked, judged: readonly Judged[]): string[] {
  const wrong = judged
    .filter(({ verdict }) => verdict === 'grows' || verdict === 'not measured')
    .map(({ service, measure, verdict, slope }) =>
      verdict === 'grows'
        ? `${service}: ${BOUNDS[measure].about} grows by ${signed(slope?.perMinute ?? 0)} a minute`
        : `${service}: too few samples of ${BOUNDS[measure].about}`,
    );
  if (soaked.stored !== soaked.acknowledged)
    wrong.push(`${soaked.acknowledged} spans acknowledged, ${soaked.stored} stored`);
  if (soaked.failedReads > 0) wrong.push(`${soaked.failedReads} of ${soaked.reads} reads failed`);
  wrong.push(...soaked.deaths.map((name) => `${name} died`));
  return wrong;
}

/** Each picture's file name and text. */
export function pictures({ samples, warmUp }: Soaked): { file: string; svg: string }[] {
  const services = Object.keys(samples[0]?.services ?? {});
  const ofMeasures = MEASURES.map((measure) => {
    const { about, unit } = BOUNDS[measure];
    const series = services.map((name) => ({ name, points: seriesOf(samples, name, measure) }));
    return { file: `${measure}.svg`, svg: curves(unit ? `${about}, ${unit}` : about, series, warmUp) };
  });
  const data = samples.map(({ minute, dataBytes }) => ({ minute, value: dataBytes / MIB }));
  return [
    ...ofMeasures,
    { file: 'data.svg', svg: curves('data directory, MiB', [{ name: 'all files', points: data }], warmUp) },
  ];
}

export function report(soaked: Soaked, judged: readonly Judged[]): string {
  const { minutes, warmUp, samples, acknowledged } = soaked;
  const wrong = faults(soaked, judged);
  const bytes = samples.length === 0 ? 0 : samples[samples.length - 1].dataBytes - samples[0].dataBytes;
  const rows = judged.map(({ service, measure, slope, first, last, bound, verdict }) =>
    [
      service,
      BOUNDS[measure].about,
      `${short(first)} → ${short(last)} ${bound.unit}`.trim(),
      slope ? `${signed(slope.perMinute)} [${signed(slope.low)}, ${signed(slope.high)}]` : '',
      String(bound.perMinute),
      verdict,
    ].join(' | '),
  );
  return [
    '# Soak',
    '',
    `\`npm run soak -- --minutes ${minutes} --rate ${soaked.tracesPerSecond}\`: a whole installation under steady load, ` +
      `${soaked.tracesPerSecond} traces a second and readers at the query API; samples each few seconds, the first ` +
      `${short(warmUp)} minutes not judged.`,
    '',
    `**${wrong.length === 0 ? 'Pass' : 'Fail'}.** ${wrong.length === 0 ? 'Nothing grows.' : `${wrong.join('; ')}.`}`,
    '',
    `- ${acknowledged} spans of ${soaked.traces} traces acknowledged, ${soaked.stored} rows in \`otel_traces FINAL\``,
    `- ${soaked.reads} reads, ${soaked.failedReads} failed; ${soaked.deaths.length} processes died`,
    `- data directory: ${short(bytes / MIB)} MiB more, ${short(bytes / Math.max(1, acknowledged))} bytes a span on the log and in ` +
      'the tables together (it grows until retention: see [operations](../operations.md#retention))',
    `- oldest thing that held a committed offset back: ${short(Math.max(0, ...samples.map(({ floorAgeMs }) => floorAgeMs)) / 1000)} s`,
    `- every service stopped within ${short(soaked.stopSeconds)} s`,
    '',
    'Slopes are least squares over blocks of samples, a minute, with their 95 % confidence interval. `grows` fails the ' +
      'soak: even the lower end is beyond the bound. `unclear`: the upper end is.',
    '',
    'service | measure | first → last | slope a minute | bound | verdict',
    '--- | --- | --- | --- | --- | ---',
    ...rows,
    '',
    ...pictures(soaked).flatMap(({ file }) => [`![${file.replace('.svg', '')}](${file})`, '']),
  ].join('\n');
}

const short = (value: number) => String(Number(value.toPrecision(3)));
const signed = (value: number) => `${value < 0 ? '−' : '+'}${short(Math.abs(value))}`;

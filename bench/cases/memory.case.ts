/** `npm run bench -- --case memory`: what an open trace costs a processor, and whether memory stays flat. */

import { spanLog } from '#bench/corpus/span-log.ts';
import type { BenchCase, BenchContext, CaseResult } from '#bench/harness/case.ts';
import { type BenchBroker, startBroker } from '#bench/harness/kafka.ts';
import { spread } from '#bench/harness/statistics.ts';
import { sendAll } from '#bench/log/send.ts';
import { openTraces, SPANS_OF_A_TRACE } from '#bench/memory/open-traces.ts';
import type { Left } from '#bench/memory/probe.ts';
import { startMeasured } from '#bench/memory/processor.ts';
import { until } from '#infra/testing/until.ts';
import { topicName } from '#infra/topics.ts';

const PARTITIONS = 4;
/** Log time must be near the broker's: a clock a day off is a dead letter. */
const START_MS = Date.now() - 3_600_000;
const PATIENCE_MS = 600_000;
/** Everything is forgotten within half a minute of log time, so that a slice of one holds all there ever is. */
const SHORT = {
  ATI_QUIET_GAP_MS: '1000',
  ATI_HARD_CAP_MS: '20000',
  ATI_REOPEN_MS: '2000',
  ATI_WINDOW_MS: '10000',
  ATI_WINDOW_HOP_MS: '5000',
  ATI_WINDOW_GRACE_MS: '5000',
};
const SLICE_SECONDS = 30;
const SLICES = 11;
const SPANS_OF_TRACE = 25.7;

const memory: BenchCase = {
  name: 'memory',
  about:
    'Bytes that an open trace of three spans costs a real processor process, and what is left of memory over a run ten times longer.',
  quick: true,
  broker: 'embedded',
  async run(context) {
    const broker = await startBroker(context);
    try {
      const open = await openCosts(context, broker);
      const flat = await overTime(context, broker);
      return result(context, open, flat);
    } finally {
      await broker.stop();
    }
  },
};
export default memory;

interface At {
  readonly traces: number;
  readonly left: Left;
}

async function openCosts(context: BenchContext, broker: BenchBroker): Promise<At[]> {
  const counts = context.quick ? [10_000, 50_000] : [100_000, 1_000_000];
  const prefix = 'open.';
  await broker.createTopics(prefix, PARTITIONS);
  const processor = await startMeasured(context, broker, {
    ATI_TOPIC_PREFIX: prefix,
    ATI_PARTITIONS: String(PARTITIONS),
    ATI_TICKS: 'false',
  });
  try {
    const found: At[] = [{ traces: 0, left: await processor.left() }];
    for (const traces of counts) {
      const { traces: before } = found[found.length - 1];
      context.progress(`open traces: ${traces}`);
      const records = openTraces(before, traces, PARTITIONS, START_MS);
      await Promise.race([sendAll(broker.kafka, topicName('spans', prefix), records), processor.died]);
      await until(
        `${traces} open traces`,
        async () => (await processor.metric('ati_open_traces')) === traces,
        PATIENCE_MS,
        200,
      );
      found.push({ traces, left: await processor.left() });
    }
    return found;
  } finally {
    await processor.stop();
  }
}

/** What is left after each slice: as many spans again, with everything of the slice before closed and forgotten. */
async function overTime(context: BenchContext, broker: BenchBroker): Promise<Left[]> {
  const prefix = 'flat.';
  const perSecond = context.quick ? 600 : 6_000;
  await broker.createTopics(prefix, PARTITIONS);
  const processor = await startMeasured(context, broker, {
    ATI_TOPIC_PREFIX: prefix,
    ATI_PARTITIONS: String(PARTITIONS),
    ATI_TICKS: 'false',
    ...SHORT,
  });
  try {
    const found: Left[] = [];
    const traces = Math.round((perSecond * SLICE_SECONDS) / SPANS_OF_TRACE);
    for (let slice = 0; slice < SLICES; slice++) {
      context.progress(`over time: slice ${slice + 1} of ${SLICES}`);
      const startMs = START_MS + slice * 2 * SLICE_SECONDS * 1000;
      const tailMs = (SLICE_SECONDS - 5) * 1000;
      const log = spanLog({
        seed: slice,
        traces,
        partitions: PARTITIONS,
        startMs,
        spansPerSecond: perSecond,
        tailMs,
      });
      await Promise.race([sendAll(broker.kafka, topicName('spans', prefix), log), processor.died]);
      await until(
        `slice ${slice} is done`,
        async () =>
          (await processor.metric('ati_traces_closed_total')) >= traces * (slice + 1) &&
          (await processor.metric('ati_open_traces')) === 0,
        PATIENCE_MS,
        200,
      );
      found.push(await processor.left());
    }
    return found;
  } finally {
    await processor.stop();
  }
}

const MB = 1 << 20;
const mb = (bytes: number) => (bytes / MB).toFixed(1);

function result({ quick }: BenchContext, open: readonly At[], flat: readonly Left[]): CaseResult {
  const [none, ...some] = open;
  const each = (at: At, of: (left: Left) => number) => Math.round((of(at.left) - of(none.left)) / at.traces);
  // The first slice warms up: code is compiled, pools grow.
  const [, first, ...later] = flat;
  const growth = spread(later.map(({ heap, buffers }) => (heap + buffers) / (first.heap + first.buffers)));
  return {
    tables: [
      {
        title: `Open traces of ${SPANS_OF_A_TRACE} spans, after a collection`,
        columns: [
          'open traces',
          'MB resident',
          'MB heap',
          'MB buffers',
          'bytes a trace: heap',
          'buffers',
          'resident',
        ],
        rows: open.map((at) => [
          at.traces,
          mb(at.left.resident),
          mb(at.left.heap),
          mb(at.left.buffers),
          ...(at.traces === 0
            ? ['', '', '']
            : [each(at, (l) => l.heap), each(at, (l) => l.buffers), each(at, (l) => l.resident)]),
        ]),
      },
      {
        title: 'Over time, after a collection at the end of each slice',
        columns: ['slice', 'MB resident', 'MB heap', 'MB buffers'],
        rows: flat.map((left, i) => [i + 1, mb(left.resident), mb(left.heap), mb(left.buffers)]),
      },
    ],
    ratios: [
      {
        name: 'memory: a later slice / the second, heap and buffers',
        ...growth,
        atMost: 1.1,
      },
      {
        name: `memory: bytes a trace at ${some[1].traces} open traces / at ${some[0].traces}`,
        ...spread([each(some[1], usedOf) / each(some[0], usedOf)]),
        ...(quick ? {} : { atMost: 1.2 }),
      },
    ],
    checks: ['every trace that was sent is open (ati_open_traces), and at the end of each slice none is'],
    notes: [
      'one processor process with its worker threads (ATI_WORKERS); garbage is collected in every thread before each figure; resident memory also holds ' +
        'what V8 and malloc keep for later',
      'over time: quiet gap 1 s, everything forgotten 20 s of log time later',
    ],
  };
}

const usedOf = ({ heap, buffers }: Left) => heap + buffers;

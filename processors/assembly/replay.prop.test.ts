import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAs } from '#schemas/codec.ts';
import type { TraceSummary } from '#schemas/events.ts';
import { fakeAnalyse } from '../testing/fake-analysis.ts';
import { RecordProcessor } from '../testing/record-processor.ts';
import { spanRecord } from '../testing/span-log.ts';
import type { AssemblyOutput } from './outputs.ts';
import { type AssemblyStart, FROM_THE_START } from './partition-processor.ts';
import { tombstoneOf } from './read-back.ts';
import { ASSEMBLY_DEFAULTS, type AssemblySettings } from './settings.ts';

// Small times, so that a short log meets every moment of a trace's life: close, re-open, forget, ghost.
const settings: AssemblySettings = {
  ...ASSEMBLY_DEFAULTS,
  quietGapMs: 6,
  hardCapMs: 40,
  reopenMs: 10,
  markEveryMs: 4,
  maxSpans: 9,
};

// Every fourth span is a root, so that rooted traces end while others hold the floor.
const span = fc.record({
  trace: fc.nat({ max: 4 }),
  span: fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 12 }), fc.integer({ min: 2, max: 12 })),
});
const record = fc.record({
  step: fc.integer({ min: -3, max: 9 }),
  spans: fc.array(span, { maxLength: 4 }),
  tenant: fc.constantFrom('a', 'b'),
  odd: fc.nat({ max: 19 }),
});

/** Records of a log; one in twenty is junk. */
const log = fc.array(record, { minLength: 1, maxLength: 60, size: 'max' }).map((records) => {
  let clock = 1_000;
  return records.map(({ step, spans, tenant, odd }) => {
    clock += step;
    if (odd === 0) return Buffer.from('junk');
    return spanRecord(clock, spans, tenant);
  });
});

type Emitted = AssemblyOutput & { offset: number };

function feed(
  processor: RecordProcessor,
  records: readonly Uint8Array[],
  from: number,
  to: number,
): Emitted[] {
  const out: Emitted[] = [];
  for (let offset = from; offset < to; offset++)
    for (const output of processor.process(offset, records[offset]).outputs) out.push({ ...output, offset });
  return out;
}

/** What a restart finds: the committed floor, and tombstones read back from all that was ever produced. */
function restart(
  floor: { offset: number; clock: number },
  done: number,
  produced: readonly Emitted[],
): AssemblyStart {
  const summaries: TraceSummary[] = produced
    .filter((output) => output.topic === 'traces')
    .map((output) => {
      const decoded = decodeAs('TraceSummary', output.value);
      if (!decoded.ok) throw new Error(decoded.reason);
      return decoded.value;
    });
  const tombstones = summaries.flatMap((summary) => tombstoneOf(summary, floor, settings.hardCapMs) ?? []);
  return { ...floor, done, tombstones };
}

const make = (start: AssemblyStart) => new RecordProcessor(1, settings, fakeAnalyse, start);
const hex = (outputs: readonly Emitted[]) =>
  outputs.map((o) => [
    o.offset,
    o.topic,
    o.partition,
    o.key && String(Buffer.from(o.key)),
    Buffer.from(o.value).toString('hex'),
  ]);

describe('stage 1 over a log', () => {
  it('a crash after any record, committed there, goes on as if nothing had happened', () => {
    fc.assert(
      fc.property(log, (records) => {
        const all = feed(make(FROM_THE_START), records, 0, records.length);
        const steady = make(FROM_THE_START);
        for (let done = 1; done <= records.length; done++) {
          feed(steady, records, done - 1, done);
          const floor = steady.floor();
          expect(floor.offset).toBeLessThanOrEqual(done);
          // Produced before the crash: up to the commit, or (a crash between produce and commit) further.
          for (const produced of [all.filter((o) => o.offset < done), all]) {
            const again = make(restart(floor, done, produced));
            const rest = feed(again, records, floor.offset, records.length);
            expect(hex(rest)).toEqual(hex(all.filter((o) => o.offset >= done)));
            expect(again.floor()).toEqual(lastFloor(records));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('any number of crashes, each after some commits of the run before', () => {
    const plan = fc.array(fc.record({ run: fc.nat({ max: 30 }), uncommitted: fc.nat({ max: 10 }) }), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(log, plan, (records, crashes) => {
        const all = feed(make(FROM_THE_START), records, 0, records.length);
        const produced: Emitted[] = [];
        let committed = { floor: { offset: 0, clock: 0 }, done: 0 };
        for (const { run, uncommitted } of [...crashes, { run: Infinity, uncommitted: 0 }]) {
          const processor = make(restart(committed.floor, committed.done, produced));
          const commitAt = Math.min(committed.done + run, records.length);
          produced.push(...feed(processor, records, committed.floor.offset, commitAt));
          committed = { floor: processor.floor(), done: commitAt };
          produced.push(
            ...feed(processor, records, commitAt, Math.min(commitAt + uncommitted, records.length)),
          );
        }
        const once = new Map(hex(produced).map((row) => [JSON.stringify(row), row]));
        const sorted = [...once.values()].sort((a, b) => Number(a[0]) - Number(b[0]));
        expect(sorted.length).toBe(new Set(hex(all).map((row) => JSON.stringify(row))).size);
        expect(new Set(once.keys())).toEqual(new Set(hex(all).map((row) => JSON.stringify(row))));
      }),
      { numRuns: 100 },
    );
  });
});

function lastFloor(records: readonly Uint8Array[]): { offset: number; clock: number } {
  const steady = make(FROM_THE_START);
  feed(steady, records, 0, records.length);
  return steady.floor();
}

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readTraceFile } from './read.ts';

const EXAMPLES = {
  'otlp-example.json': { formats: ['otlp-json'], spans: 1 },
  'otlp-to-jaeger-in.json': { formats: ['otlp-json'], spans: 2 },
  'otlp-to-jaeger-out.json': { formats: ['jaeger'], spans: 2 },
  'jaeger-graph.json': { formats: ['jaeger'], spans: 11 },
  'jaeger-genai-agents.json': { formats: ['jaeger'], spans: 57 },
  'zipkin-v2-messaging.json': { formats: ['zipkin-v2'], spans: 4 },
};

describe.each(Object.entries(EXAMPLES))('%s', (file, expected) => {
  const bytes = readFileSync(new URL(`testdata/${file}`, import.meta.url));

  test('is read whole', () => {
    const reading = readTraceFile(bytes);
    expect(reading).toMatchObject(expected);
    expect([reading.faults.count, reading.skipped.count]).toEqual([0, 0]);
  });

  test('cut off in the middle: the place is where it ends, in the open list or object', () => {
    for (const share of [0.1, 0.5, 0.9]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * share));
      const { faults, spans } = readTraceFile(cut);
      expect([spans, faults.count]).toEqual([0, 1]);
      expect(faults.first[0].place).toMatch(
        new RegExp(`^line \\d+, column \\d+ \\(byte ${cut.length}\\), in .`),
      );
      expect(faults.first[0].reason).toMatch(/^cut off here: expected/);
    }
  });
});

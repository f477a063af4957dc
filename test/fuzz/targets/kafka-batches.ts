import { HEADER_SIZE, readHeader, writeCrc } from '#infra/kafka/embedded/batch/header.ts';
import { readRecords } from '#infra/kafka/embedded/batch/records.ts';
import { type BatchRules, checkBatch } from '#infra/kafka/embedded/batch/validate.ts';
import { batches } from '../seeds/kafka.ts';
import { holds, same, type Target } from '../target.ts';

const NOW = 1_700_000_000_000;
const RULES: BatchRules = {
  maxBytes: 1 << 20,
  compacted: false,
  appendTime: false,
  maxBeforeMs: 3_600_000,
  maxAfterMs: 3_600_000,
};

export const target: Target = {
  name: 'kafka-batches',
  about:
    'record batches of a produce request, their CRC made right: accepted ones have the length, count and records that they claim',
  share: 0.7,
  start: () => ({
    seeds: batches(),
    mutators: [],
    run(input) {
      const bytes = Buffer.from(input);
      // Without it nothing behind the CRC would be looked at.
      if (bytes.length >= HEADER_SIZE) writeCrc(bytes);
      for (const rules of [RULES, { ...RULES, compacted: true }, { ...RULES, appendTime: true }]) {
        const checked = checkBatch(bytes, rules, NOW);
        if (!checked.ok) {
          holds(checked.code !== 0 && checked.reason !== '', () => 'refused without a reason');
          continue;
        }
        const { header } = checked;
        same('size', header.size, bytes.length);
        same('records and the last offset', header.count, header.lastOffsetDelta + 1);
        const records = readRecords(bytes, header);
        if (records === undefined) continue; // opaque to the broker, as snappy is
        same('records', records.length, header.count);
        if (rules.compacted)
          holds(
            records.every(({ key }) => key !== null),
            () => 'a record without a key was accepted',
          );
      }
      const header = readHeader(bytes);
      if (header !== undefined) holds(header.size >= HEADER_SIZE, () => `a batch of ${header.size} bytes`);
    },
  }),
};

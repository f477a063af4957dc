import fc from 'fast-check';
import { expect, test } from 'vitest';
import { damage, embedded } from '#schemas/otlp/testing.ts';
import { logs } from '#schemas/otlp/testing-telemetry.ts';
import { encodeLogs } from '#schemas/otlp/write-logs.ts';
import { RowBuffer } from '../rowbinary/buffer.ts';
import { appendLogs } from './rowbinary.ts';

const BEFORE = Buffer.from('\u0006before');

function rowsOf(otlp: Uint8Array) {
  const out = new RowBuffer(16);
  out.text('before');
  const result = appendLogs(out, { tenant: 'acme', receivedAt: 1_700_000_000_123, otlp });
  return { result, bytes: Buffer.from(out.view()) };
}

test('a row for every record, the same at every reading, wherever the bytes stand', () => {
  fc.assert(
    fc.property(logs, (value) => {
      const rows = value.resourceLogs
        .flatMap(({ scopeLogs = [] }) => scopeLogs)
        .reduce((sum, { logRecords = [] }) => sum + logRecords.length, 0);
      const otlp = encodeLogs(value);
      const first = rowsOf(otlp);
      expect(first.result).toEqual({ ok: true, rows });
      expect(rowsOf(embedded(otlp))).toEqual(first);
    }),
  );
});

test('damaged bytes: rows or a reason, never a throw; with a reason nothing has been appended', () => {
  fc.assert(
    fc.property(logs, damage, (value, broken) => {
      const { result, bytes } = rowsOf(embedded(broken(encodeLogs(value))));
      if (result.ok) return;
      expect(result.reason).toMatch(/ at byte \d+$/);
      expect(bytes).toEqual(BEFORE);
    }),
  );
});

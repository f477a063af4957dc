import { gzipSync, zstdCompressSync } from 'node:zlib';
import { decompress } from '#producers/ingest/compression.ts';
import { requestSplitters } from '#producers/ingest/split-request.ts';
import { Choices } from '../choices.ts';
import { FILTER } from '../oracles/otlp.ts';
import { logExports, metricExports, traceExports } from '../seeds/otlp.ts';
import { holds, same, type Target } from '../target.ts';

const LIMIT = 1 << 20;
const CODINGS = ['identity', 'gzip', 'deflate', 'zstd'] as const;
const SIGNALS = ['traces', 'metrics', 'logs'] as const;
const ENCODINGS = ['protobuf', 'json'] as const;
/** Small, so that parts are cut. */
const MAX_PART_BYTES = 700;

const inputOf = (coding: number, signal: number, encoding: number, body: Uint8Array) =>
  Uint8Array.from([coding, signal, encoding, ...body]);

export const target: Target = {
  name: 'ingest-body',
  about:
    "a request's body with its coding: never larger than its limit, refused with 400 or 413, and cut into parts whose counts add up",
  start() {
    const splitters = requestSplitters({
      partitions: 3,
      maxItems: 1_000,
      maxAttributes: 128,
      maxPartBytes: MAX_PART_BYTES,
      allowAttributes: ['my.own'],
      allowBodies: true,
      hashOf: () => FILTER.hash,
    });
    const exports = [traceExports(), metricExports(), logExports()];
    const seeds = exports.flatMap((bodies, signal) =>
      bodies.slice(0, 8).map((body) => inputOf(0, signal, 0, body)),
    );
    const [body] = exports[0].slice(1);
    return {
      seeds: [
        ...seeds,
        inputOf(1, 0, 0, gzipSync(body)),
        inputOf(3, 0, 0, zstdCompressSync(body)),
        inputOf(1, 0, 0, gzipSync(Buffer.alloc(8 << 20))),
        inputOf(3, 0, 0, Buffer.concat([zstdCompressSync(body), zstdCompressSync(body)])),
        inputOf(0, 0, 1, Buffer.from('{"resourceSpans":[]}')),
      ],
      mutators: [],
      async run(input) {
        const choices = new Choices(input);
        const coding = choices.pick(CODINGS);
        const signal = choices.pick(SIGNALS);
        const encoding = choices.pick(ENCODINGS);
        const plain = await decompress(Buffer.from(choices.rest()), coding, LIMIT);
        if (!plain.ok)
          return holds(
            [400, 413].includes(plain.refusal.status),
            () => `refused with ${plain.refusal.status}`,
          );
        holds(plain.value.length <= LIMIT, () => `decompressed to ${plain.value.length} bytes`);
        const split = splitters[signal](plain.value, encoding, 'default');
        if (!split.ok) return same('status of a refusal', split.refusal.status, 400);
        const { parts, accepted, rejected, rejectedReason } = split.value;
        same(
          'items in parts',
          parts.reduce((sum, part) => sum + part.count, 0),
          accepted,
        );
        same('a reason for what is rejected', rejectedReason !== '', rejected > 0);
        for (const { otlp } of parts)
          holds(otlp.length <= MAX_PART_BYTES, () => `a part of ${otlp.length} bytes`);
      },
    };
  },
};

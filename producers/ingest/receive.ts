/** One export request from its headers to its answer: read, decompress, convert, split, append to the log. */
import type { Readable } from 'node:stream';
import type { Logger } from 'pino';
import { metrics } from '#infra/metrics.ts';
import { tracesFromJson } from '#schemas/otlp/json.ts';
import { splitTraces } from '#schemas/otlp/split.ts';
import type { Answer, OtlpEncoding } from './answer.ts';
import { exported, refusal } from './answer.ts';
import type { Batcher } from './batcher.ts';
import { declaredLength, readBody } from './body.ts';
import type { ByteBudget, Reservation } from './budget.ts';
import { decompress } from './compression.ts';
import { codingOf, encodingOf } from './negotiation.ts';
import type { Result } from './refusal.ts';
import { malformed, ok, refused, unavailable } from './refusal.ts';

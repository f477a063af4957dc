/** Every target; each is a file of this folder that has its name. */
import path from 'node:path';
import type { Target } from '../target.ts';
import { target as api } from './api.ts';
import { target as apiEngine } from './api-engine.ts';
import { target as avro } from './avro.ts';
import { target as cli } from './cli.ts';
import { target as commitMetadata } from './commit-metadata.ts';
import { target as config } from './config.ts';
import { target as engineHttp } from './engine-http.ts';
import { target as engineRequests } from './engine-requests.ts';
import { target as ingestBody } from './ingest-body.ts';
import { target as kafkaBatches } from './kafka-batches.ts';
import { target as kafkaRequests } from './kafka-requests.ts';
import { target as kafkaSocket } from './kafka-socket.ts';
import { target as otlpJson } from './otlp-json.ts';
import { target as otlpLogs } from './otlp-logs.ts';
import { target as otlpMetrics } from './otlp-metrics.ts';
import { target as otlpTraces } from './otlp-traces.ts';
import { target as sinks } from './sinks.ts';
import { target as sqlGuard } from './sql-guard.ts';
import { target as stage1 } from './stage1.ts';
import { target as traceFiles } from './trace-files.ts';

export interface Registered {
  readonly target: Target;
  /** Its file, for a process of its own. */
  readonly module: string;
}

const TARGETS: readonly Target[] = [
  api,
  apiEngine,
  avro,
  cli,
  commitMetadata,
  config,
  engineHttp,
  engineRequests,
  ingestBody,
  kafkaBatches,
  kafkaRequests,
  kafkaSocket,
  otlpJson,
  otlpLogs,
  otlpMetrics,
  otlpTraces,
  sinks,
  sqlGuard,
  stage1,
  traceFiles,
];

/** In order of their names. */
export const targets: readonly Registered[] = TARGETS.map((target) => ({
  target,
  module: path.join(import.meta.dirname, `${target.name}.ts`),
}));

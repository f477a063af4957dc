/** The ingest as a process: OTLP/HTTP on ATI_INGEST_PORT, and a Collector's Kafka topics, → ati.spans, ati.telemetry. */
import { setFlagsFromString } from 'node:v8';
import { startKafka } from '#infra/kafka/start.ts';
import { runProcess } from '#infra/process.ts';
import { startIngest } from './start.ts';

// Buffers count in the limit of the whole heap. By V8's default they have a limit of their own that does not grow: at
// 250 KB a request every tenth one had the heap marked, which was half of all CPU (13.2 -> 8.0 µs a span).
setFlagsFromString('--external-memory-accounted-in-global-limit');

runProcess('ingest', (context) => startIngest(context, () => startKafka(context, 'ati-ingest')));

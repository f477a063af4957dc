/** The ingest as a process: OTLP/HTTP on ATI_INGEST_PORT, and a Collector's Kafka topics, → ati.spans, ati.telemetry. */
import { startKafka } from '#infra/kafka/start.ts';
import { runProcess } from '#infra/process.ts';
import { startIngest } from './start.ts';

runProcess('ingest', (context) => startIngest(context, () => startKafka(context, 'ati-ingest')));

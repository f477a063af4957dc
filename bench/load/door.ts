/** A door under load: its process, the topic behind it, and what an amount of spans costs it. */

import type { BenchBroker } from '#bench/harness/kafka.ts';
import type { Service } from '#bench/harness/service.ts';
import { percentile } from '#bench/harness/statistics.ts';
import { checkTopic, type Envelope } from './found.ts';
import { prepareLoad } from './load.ts';
import type { Workload } from './workloads.ts';

export interface Door {
  readonly service: Service;
  readonly port: number;
  readonly topic: string;
  readonly envelope: Envelope;
}

export interface Measure {
  /** µs of CPU, user and system, of the door's process. */
  readonly cpuPerSpan: number;
  readonly cpuPerRequest: number;
  /** Milliseconds until the answer. */
  readonly p50: number;
  readonly p99: number;
  readonly spansPerSecond: number;
  readonly bytesPerSpan: number;
  readonly residentMb: number;
}

/**
 * Warms the door up, measures it, and then finds every span on its topic once and every trace on one partition; throws
 * where that is not so.
 */
export async function measureDoor(door: Door, broker: BenchBroker, workload: Workload): Promise<Measure> {
  const { load, requests } = workload;
  const to = { ...load, host: '127.0.0.1', port: door.port };
  const warmUp = prepareLoad({ ...to, requests: Math.ceil(requests / 2), firstSpan: 0, firstTrace: 0 });
  await Promise.race([warmUp.run(), door.service.died]);
  const measured = prepareLoad({ ...to, requests, firstSpan: warmUp.spans, firstTrace: warmUp.traces });
  const before = door.service.cpuMs();
  const { latencies, wallMs } = await Promise.race([measured.run(), door.service.died]);
  const cpuUs = (door.service.cpuMs() - before) * 1000;
  const residentMb = Math.round(door.service.residentBytes() / 2 ** 20);
  await checkTopic(broker.kafka, door.topic, door.envelope, {
    spans: warmUp.spans + measured.spans,
    traces: warmUp.traces + measured.traces,
  });
  return {
    cpuPerSpan: cpuUs / measured.spans,
    cpuPerRequest: cpuUs / requests,
    p50: percentile([...latencies], 50),
    p99: percentile([...latencies], 99),
    spansPerSecond: Math.round(measured.spans / (wallMs / 1000)),
    bytesPerSpan: measured.bytesPerSpan,
    residentMb,
  };
}

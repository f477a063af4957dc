/** What a network does to a link, each as Toxiproxy makes it. */
import type { Toxic } from './toxiproxy.ts';

export interface Fault {
  readonly name: string;
  readonly toxics: readonly Toxic[];
}

const both = (type: Toxic['type'], attributes: Toxic['attributes']): Toxic[] => [
  { type, stream: 'upstream', attributes },
  { type, stream: 'downstream', attributes },
];

export const FAULTS: readonly Fault[] = [
  { name: 'latency of 300 ms ± 150', toxics: both('latency', { latency: 150, jitter: 75 }) },
  // More than a heartbeat or a ping, less than a batch: it breaks off in the middle of what is worth reading.
  { name: 'a cut after 20 KB each way', toxics: both('limit_data', { bytes: 20_000 }) },
  { name: 'resets after 300 ms', toxics: both('reset_peer', { timeout: 300 }) },
  { name: 'closes 2 s late', toxics: both('slow_close', { delay: 2_000 }) },
  { name: '10 KB a second', toxics: both('bandwidth', { rate: 10 }) },
  {
    name: 'requests go nowhere',
    toxics: [{ type: 'timeout', stream: 'upstream', attributes: { timeout: 0 } }],
  },
  {
    name: 'answers go nowhere',
    toxics: [{ type: 'timeout', stream: 'downstream', attributes: { timeout: 0 } }],
  },
];

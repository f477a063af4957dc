/** One producer in a process of its own: `main.ts VARIANT BROKER TOPIC COMPRESSION KIND ROUNDS`; its last line is JSON. */
import { openKafkaJs } from '#bench/peers/kafkajs/producer.ts';
import { openPlatformatic } from '#bench/peers/platformatic.ts';
import { openOurs } from './ours.ts';
import type { Variant } from './sender.ts';
import { type Compression, type Kind, PARTITIONS, sendings } from './workload.ts';

const OPEN = { kafkajs: openKafkaJs, '@platformatic/kafka': openPlatformatic, ati: openOurs };

const [variant, broker, topic, compression, kind, rounds] = process.argv.slice(2);
const all = sendings(kind as Kind);
const sender = await OPEN[variant as Variant]({ broker, compression: compression as Compression });

/** Sends all of it once, to all partitions at a time. */
async function once(): Promise<void> {
  for (let i = 0; i < all.length; i += PARTITIONS) {
    const now = Date.now();
    await Promise.all(
      all.slice(i, i + PARTITIONS).map(({ partition, values }) => sender.send(topic, partition, values, now)),
    );
  }
}

await once(); // what a just-in-time compiler does is in it
const before = process.cpuUsage();
for (let round = 0; round < Number(rounds); round++) await once();
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ cpuUs: user + system }));
await sender.close();

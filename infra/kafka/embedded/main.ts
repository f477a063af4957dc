/** The embedded broker as a process: ATI_DATA_DIR, ATI_BROKER_PORT, ATI_BROKER_FSYNC; loopback only. */
import { join } from 'node:path';
import { pino } from 'pino';
import { readConfig } from '../../config.ts';
import { startBroker } from './start.ts';

const read = readConfig(process.env);
if (!read.ok) {
  console.error(read.message);
  process.exit(2);
}
const { config } = read;
const started = await startBroker({
  directory: join(config.ATI_DATA_DIR, 'kafka'),
  port: config.ATI_BROKER_PORT,
  fsync: config.ATI_BROKER_FSYNC,
  autoCreateTopics: true,
  log: pino({ name: 'broker', level: config.ATI_LOG_LEVEL }),
});
if (!started.ok) {
  console.error(started.reason);
  process.exit(1);
}
let stopping = false;
const stop = async (): Promise<void> => {
  if (stopping) return;
  stopping = true;
  await started.broker.stop();
  process.exit(0);
};
for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(signal, () => void stop());
process.send?.('ready');

import { Kafka, logLevel } from 'kafkajs';
import { UserError } from '../../errors.ts';
// For what it corrects in kafkajs: its timers.
import '../kafkajs.ts';

/** Resolves when a broker answers; throws a UserError when none does within `timeoutMs`. */
export async function waitUntilServing(brokers: string[], timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  const options = { clientId: 'ati-kafka-up', brokers, logLevel: logLevel.NOTHING, retry: { retries: 0 } };
  for (;;) {
    const admin = new Kafka(options).admin();
    try {
      await admin.connect();
      await admin.describeCluster();
      return;
    } catch (error) {
      if (Date.now() > deadline)
        throw new UserError(`no Kafka answers on ${brokers.join(', ')}: ${String(error)}`);
    } finally {
      await admin.disconnect();
    }
  }
}

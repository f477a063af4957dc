import type { Producer } from 'kafkajs';
import { type BatchHandler, type Consuming, consume } from './consume.ts';
import type { PeerContext } from './context.ts';
import type { Format } from './format.ts';
import { IncidentStage } from './incident-stage.ts';

export type StartAssembly = (
  context: PeerContext,
  producer: Producer,
) => BatchHandler & { close?(): Promise<void> };

/** The processor: spans → summaries and signals; signals → incidents. */
export async function startDetect(
  context: PeerContext,
  format: Format,
  startAssembly: StartAssembly,
): Promise<Consuming> {
  const { kafka, topics, prefix } = context;
  const producer = kafka.producer();
  await producer.connect();
  const assembly = startAssembly(context, producer);
  const running = await Promise.all([
    consume(context, `${prefix}assembly`, topics.input, assembly),
    consume(context, `${prefix}incidents`, topics.signals, new IncidentStage(context, format, producer)),
  ]);
  return {
    async close() {
      await Promise.all(running.map((each) => each.close()));
      await assembly.close?.();
      await producer.disconnect();
    },
  };
}

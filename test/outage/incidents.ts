/** When each planted incident came on ati.incidents. */
import type { Config } from '#infra/config.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import { incidents } from '#sinks/incidents/subscription.ts';

export interface IncidentWatch {
  /** By the end of its agent's name, of `performance.now()`. */
  readonly seen: ReadonlyMap<string, number>;
  stop(): void;
}

export function watchIncidents(
  kafka: Kafka,
  { ATI_TOPIC_PREFIX: prefix }: Pick<Config, 'ATI_TOPIC_PREFIX'>,
): IncidentWatch {
  const seen = new Map<string, number>();
  const subscription = incidents(kafka, { prefix, fromBeginning: true, pollMs: 200 }).subscribe((event) => {
    const suffix = event.agent.split('-').at(-1) ?? '';
    if (event.event === 'opened' && !seen.has(suffix)) seen.set(suffix, performance.now());
  });
  return { seen, stop: () => subscription.unsubscribe() };
}

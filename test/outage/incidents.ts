/** When each planted incident came on ati.incidents. */
import type { Config } from '#infra/config.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import { incidents } from '#sinks/incidents/subscription.ts';

export interface IncidentWatch {
  /** By the end of its agent's name, of `performance.now()`. */
  readonly seen: ReadonlyMap<string, number>;
  /** Throws what ended the subscription, if anything did. */
  stop(): void;
}

export function watchIncidents(
  kafka: Kafka,
  { ATI_TOPIC_PREFIX: prefix }: Pick<Config, 'ATI_TOPIC_PREFIX'>,
): IncidentWatch {
  const seen = new Map<string, number>();
  let ended: unknown;
  const subscription = incidents(kafka, { prefix, fromBeginning: true, pollMs: 200 }).subscribe({
    next(event) {
      const suffix = event.agent.split('-').at(-1) ?? '';
      if (event.event === 'opened' && !seen.has(suffix)) seen.set(suffix, performance.now());
    },
    // Kept for `stop`: thrown here it would end the process, and hide why the run itself failed.
    error(error: unknown) {
      ended = error;
    },
  });
  return {
    seen,
    stop() {
      subscription.unsubscribe();
      if (ended !== undefined) throw ended;
    },
  };
}

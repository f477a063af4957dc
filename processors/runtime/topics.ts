import { topicName } from '#infra/topics.ts';

/** Names on the broker. */
export interface ProcessorTopics {
  readonly spans: string;
  readonly traces: string;
  readonly signals: string;
  readonly incidents: string;
  readonly incidentState: string;
  readonly deadLetters: string;
  readonly assemblyGroup: string;
  readonly incidentsGroup: string;
}

/** With an `outputPrefix` of its own a replay reads the same ati.spans and writes beside the live topics. */
export function topicsOf(prefix: string, outputPrefix = prefix): ProcessorTopics {
  return {
    spans: topicName('spans', prefix),
    traces: topicName('traces', outputPrefix),
    signals: topicName('signals', outputPrefix),
    incidents: topicName('incidents', outputPrefix),
    incidentState: topicName('incidentState', outputPrefix),
    deadLetters: topicName('deadLetters', outputPrefix),
    assemblyGroup: `${outputPrefix}ati-assembly`,
    incidentsGroup: `${outputPrefix}ati-incidents`,
  };
}

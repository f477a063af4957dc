/** How often something was kept back, of each kind. */
export interface Dropped {
  /** Not on the list, of another type, or too long. */
  attributes: number;
  /** Of a key that bears content. */
  content: number;
  /** Arguments that became a salted hash (also counted in `content`). */
  hashedArguments: number;
  /** Events that carry messages. */
  events: number;
  /** Links with broken ids. */
  links: number;
  /** Names of spans, events, metrics and scopes that were replaced by a hash. */
  names: number;
  statusMessages: number;
  traceStates: number;
  /** Schema URLs, versions of scopes, units and severity texts that do not look like one. */
  texts: number;
  /** Descriptions of metrics: text for people. */
  descriptions: number;
  /** Bodies of log records. */
  bodies: number;
  /** Trace and span ids of log records and exemplars that are none. */
  ids: number;
  /** Protobuf fields that OTLP's messages do not have. */
  unknownFields: number;
}

export const nothingDropped = (): Dropped => ({
  attributes: 0,
  content: 0,
  hashedArguments: 0,
  events: 0,
  links: 0,
  names: 0,
  statusMessages: 0,
  traceStates: 0,
  texts: 0,
  descriptions: 0,
  bodies: 0,
  ids: 0,
  unknownFields: 0,
});

import type { Broker } from '../broker.ts';
import type { Reader } from '../wire/reader.ts';
import type { Writer } from '../wire/writer.ts';

/** One request, its header read. */
export interface Call {
  readonly broker: Broker;
  readonly version: number;
  readonly body: Reader;
  readonly clientId: string;
  readonly clientHost: string;
  /** Registers what ends a long poll early: the connection is gone, or another request waits behind this one. */
  onHurry(run: () => void): void;
}

/** Writes the body of the response. */
export type Answer = (out: Writer) => void;

/** `malformed`: the body could not be read, close the connection. `silent`: this request has no response. */
export type Handled = Answer | 'malformed' | 'silent' | Promise<Answer | 'silent'>;

/** One API of Kafka's protocol: the versions that are spoken and how a request is handled. */
export interface Api {
  readonly name: string;
  readonly key: number;
  readonly min: number;
  readonly max: number;
  /** Advertised instead of `min`; see produce.ts. */
  readonly advertisedMin?: number;
  handle(call: Call): Handled;
}

/** What an operator may do with an incident: asked of the API, written to the log, applied by stage 2. */
import { z } from 'zod';
import type { Kafka, Producer } from '#infra/kafka/port.ts';
import { encode } from '#schemas/codec.ts';
import { type IncidentEvent, OPERATOR_ACTIONS, type OperatorAction } from '#schemas/events.ts';
import { type SignalOwner, signalKey } from '#schemas/signal-key.ts';
import { stateOf } from './incident-json.ts';
import { jsonTime } from './parameters.ts';

/** Where operators' actions are written. */
export interface OperatorLog {
  /** Resolves when the log has it; rejects when nobody knows. */
  write(owner: SignalOwner, action: OperatorAction): Promise<void>;
}

/** A person waits for the answer. */
const PATIENCE_MS = 5_000;

/** ati.signals: the partition of a key is that of the incident's signals, where stage 2 keeps its state. */
export class TopicOperatorLog implements OperatorLog {
  readonly #kafka: Kafka;
  readonly #topic: string;
  #producer: Promise<Producer> | undefined;

  constructor(kafka: Kafka, topic: string) {
    this.#kafka = kafka;
    this.#topic = topic;
  }

  async write(owner: SignalOwner, action: OperatorAction): Promise<void> {
    const producer = await this.#open();
    await producer.send(this.#topic, [{ key: signalKey(owner), value: encode('OperatorAction', action) }]);
  }

  async close(): Promise<void> {
    // One that could not be opened has nothing to close.
    const producer = await this.#producer?.catch(() => undefined);
    await producer?.close();
  }

  /** At the first action: most installations' operators only look. */
  #open(): Promise<Producer> {
    this.#producer ??= this.#kafka.producer({ patienceMs: PATIENCE_MS }).catch((error: unknown) => {
      this.#producer = undefined;
      throw error;
    });
    return this.#producer;
  }
}

const MAX_MUTE_MINUTES = 366 * 24 * 60;

/** No control characters, and none that turn or hide text: it ends on terminals. */
const line = (max: number) =>
  z
    .string()
    .trim()
    .max(max)
    .regex(/^[^\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]*$/u, 'must be one line, without control or format characters');

const by = line(100).min(1, 'must say who').describe('who does it');
const note = line(500).default('').describe('why; one line, kept on the incident');

export const actionName = z.enum(OPERATOR_ACTIONS);

export const actionBody = z
  .strictObject({
    by,
    note,
    minutes: z.number().int().min(1).max(MAX_MUTE_MINUTES).optional().describe('of a mute: for so long'),
    until: jsonTime.optional().describe('of a mute: until then; ISO 8601 or unix milliseconds'),
  })
  .meta({ examples: [{ by: 'ann', note: 'the tool is being replaced', minutes: 120 }] });
export type ActionBody = z.output<typeof actionBody>;

type Muted = { ok: true; until: number } | { ok: false; reason: string };

/** When a mute ends, unix ms; 0 for other actions, which have no such time. */
export function untilOf(action: OperatorAction['action'], body: ActionBody, now: number): Muted {
  const { minutes, until } = body;
  const given = [minutes, until].filter((each) => each !== undefined).length;
  if (action !== 'mute') {
    return given === 0 ? { ok: true, until: 0 } : { ok: false, reason: `minutes, until: not of ${action}` };
  }
  if (given !== 1) return { ok: false, reason: 'minutes or until: a mute takes one of them' };
  const end = until ?? now + (minutes ?? 0) * 60_000;
  if (end <= now) return { ok: false, reason: 'until: must be in the future' };
  if (end > now + MAX_MUTE_MINUTES * 60_000) return { ok: false, reason: 'until: at most 366 days ahead' };
  return { ok: true, until: end };
}

/** Why an action does not fit an incident as it is known now; stage 2 has the last word (processors/incidents). */
export function misfit(action: OperatorAction, last: IncidentEvent): string | undefined {
  const state = stateOf(last.event);
  // A mute is over episodes.
  if (state !== 'open' && action.action.endsWith('acknowledge'))
    return `incident ${last.incidentId} is ${state}: only an open one is acknowledged`;
  const until = new Date(last.mutedUntil).toISOString();
  switch (action.action) {
    case 'acknowledge':
      return last.acknowledgedBy === '' ? undefined : `already acknowledged by ${last.acknowledgedBy}`;
    case 'unacknowledge':
      return last.acknowledgedBy === '' ? 'nobody has acknowledged it' : undefined;
    case 'mute':
      return last.mutedUntil === action.until ? `already muted until ${until}` : undefined;
    case 'unmute':
      return last.mutedUntil > action.at ? undefined : 'it is not muted';
  }
}

/** What was deleted: events on `ati.deletions`, which hold wherever the log is read again. */
import { z } from 'zod';
import { UserError } from '#infra/errors.ts';
import type { Kafka, Producer } from '#infra/kafka/port.ts';

/** All that a tenant had, or one trace of it, up to a time. */
export interface Deletion {
  readonly tenant: string;
  /** 32 hex digits; '' for everything of the tenant. */
  readonly traceId: string;
  /** Unix ms: what the log has from later on is not deleted with a tenant. Of a trace everything is. */
  readonly at: number;
}

const schema = z.object({
  tenant: z.string().min(1),
  traceId: z.string().regex(/^([0-9a-f]{32})?$/),
  at: z.number().int().min(0),
});

const keyOf = ({ tenant, traceId }: Pick<Deletion, 'tenant' | 'traceId'>) =>
  JSON.stringify([tenant, traceId]);

/** Resolves when the log has it. */
export async function writeDeletion(producer: Producer, topic: string, deletion: Deletion): Promise<void> {
  const { tenant, traceId, at } = deletion;
  const value = Buffer.from(JSON.stringify({ tenant, traceId, at }));
  await producer.send(topic, [{ key: keyOf(deletion), value }]);
}

/** All of them; throws a UserError where a record is none: nothing may be written as if it had not been deleted. */
export async function readDeletions(
  kafka: Pick<Kafka, 'read' | 'offsets'>,
  topic: string,
): Promise<Deletions> {
  const found = new Map<string, Deletion>();
  for (const { partition, earliest } of await kafka.offsets(topic)) {
    for await (const { key, value, offset } of kafka.read(topic, partition, earliest)) {
      if (value === null) {
        found.delete(String(key));
        continue;
      }
      const parsed = schema.safeParse(jsonOf(value.toString()));
      if (!parsed.success)
        throw new UserError(
          `${topic}/${partition}@${offset} is no deletion, and what it was to delete is not known: ` +
            'write a record without a value under its key, and run the deletion again',
        );
      found.set(keyOf(parsed.data), parsed.data);
    }
  }
  return new Deletions([...found.values()]);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // which the schema refuses
  }
}

/** Which records may not be written again. */
export class Deletions {
  readonly all: readonly Deletion[];
  readonly #byKey: ReadonlyMap<string, Deletion>;

  constructor(all: readonly Deletion[]) {
    this.all = all;
    this.#byKey = new Map(all.map((deletion) => [keyOf(deletion), deletion]));
  }

  /** `at`: the record's time on the log, unix ms; `traceId` '' where it is of no trace. */
  isDeleted(tenant: string, traceId: string, at: number): boolean {
    if (this.all.length === 0) return false;
    if (traceId !== '' && this.#byKey.has(keyOf({ tenant, traceId }))) return true;
    const whole = this.#byKey.get(keyOf({ tenant, traceId: '' }));
    return whole !== undefined && at <= whole.at;
  }
}

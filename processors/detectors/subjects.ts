import type { Signal } from '#schemas/events.ts';
import type { AgentOperation } from './calls.ts';

/** Whom a signal is about. */
export interface Subject {
  readonly scope: Signal['scope'];
  readonly agent: string;
  readonly operation: string;
}

/** Up to so many are looked through: to hash their names takes longer. */
const FEW = 16;

/** No two encode alike: lengths tell where the parts end. */
const keyOf = (scope: string, agent: string, operation: string) =>
  `${scope} ${agent.length} ${agent}${operation}`;

/** Numbers the subjects of one trace: first its agent operations, as they are numbered, then whatever else is named. */
export class Subjects {
  readonly #operations: readonly AgentOperation[];
  #others: Subject[] | undefined;
  /** Made for many operations, and for others. */
  #numbers: Map<string, number> | undefined;

  constructor(operations: readonly AgentOperation[]) {
    this.#operations = operations;
  }

  get count(): number {
    return this.#operations.length + (this.#others === undefined ? 0 : this.#others.length);
  }

  numberOf(scope: Signal['scope'], agent: string, operation: string): number {
    const operations = this.#operations;
    if (scope === 'operation' && operations.length <= FEW)
      for (let i = 0; i < operations.length; i++)
        if (operations[i].operation === operation && operations[i].agent === agent) return i;
    this.#numbers ??= new Map(operations.map((of, i) => [keyOf('operation', of.agent, of.operation), i]));
    const key = keyOf(scope, agent, operation);
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.count;
      this.#others ??= [];
      this.#others.push({ scope, agent, operation });
      this.#numbers.set(key, number);
    }
    return number;
  }

  scope(number: number): Signal['scope'] {
    return this.#other(number)?.scope ?? 'operation';
  }

  names(number: number): AgentOperation {
    return this.#other(number) ?? this.#operations[number];
  }

  #other(number: number): Subject | undefined {
    return number < this.#operations.length ? undefined : this.#others?.[number - this.#operations.length];
  }
}

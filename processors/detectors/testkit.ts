/** For tests: a discrete-event simulator of agents, and the scenarios' traces in virtual time. Times in ms. */
import type { TestSpan } from '../trace/testkit.ts';

/** A process yields how long it waits, or a pool whose slot it wants. */
export type Process = Generator<number | Pool, void, undefined>;

/** At most `size` holders, first in first out. */
export class Pool {
  readonly size: number;
  held = 0;
  readonly waiting: (() => void)[] = [];
  constructor(size: number) {
    this.size = size;
  }
}

export class Simulator {
  now = 0;
  readonly spans: TestSpan[] = [];
  #nextId = 1;
  #sequence = 0;
  readonly #queue: { at: number; sequence: number; run: () => void }[] = [];

  /** Starts a process now; `done` is called when it ends. */
  start(process: Process, done: () => void = () => {}): void {
    const step = () => {
      const yielded = process.next();
      if (yielded.done) return done();
      if (typeof yielded.value === 'number') this.#at(this.now + yielded.value, step);
      else if (yielded.value.held < yielded.value.size) {
        yielded.value.held++;
        this.#at(this.now, step);
      } else yielded.value.waiting.push(step);
    };
    this.#at(this.now, step);
  }

  release(pool: Pool): void {
    const next = pool.waiting.shift();
    if (next) this.#at(this.now, next);
    else pool.held--;
  }

  run(): void {
    for (;;) {
      const event = this.#queue.shift();
      if (event === undefined) return;
      this.now = event.at;
      event.run();
    }
  }

  /** Opens a span now; the returned function closes it. */
  open(span: Omit<TestSpan, 'id' | 'start' | 'end'>): {
    id: number;
    end: (rest?: Partial<TestSpan>) => void;
  } {
    const id = this.#nextId++;
    const start = this.now;
    return { id, end: (rest = {}) => void this.spans.push({ ...span, ...rest, id, start, end: this.now }) };
  }

  #at(at: number, run: () => void): void {
    const event = { at, sequence: this.#sequence++, run };
    let index = this.#queue.length;
    while (index > 0 && this.#queue[index - 1].at > at) index--;
    this.#queue.splice(index, 0, event);
  }
}

/** Waits for `count` calls of the returned function, polling never: the last one resumes the process. */
class Join {
  #left: number;
  readonly pool = new Pool(0);
  readonly #simulator: Simulator;
  constructor(simulator: Simulator, count: number) {
    this.#simulator = simulator;
    this.#left = count;
    if (count === 0) this.pool.held = -1;
  }
  done = (): void => {
    this.#left--;
    if (this.#left > 0) return;
    if (this.pool.waiting.length > 0) this.#simulator.release(this.pool);
    else this.pool.held = -1;
  };
}

const agent = (name: string) => ({ 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': name });

export interface CallOptions {
  readonly tool: string;
  readonly delay: number;
  readonly attempt?: number;
  readonly fails?: boolean;
  /** Without: the attempt is not declared. */
  readonly declared?: boolean;
}

/** One tool call with its server's span, as the synthetic agents write them. */
export function* toolCall(s: Simulator, parent: number, call: CallOptions): Process {
  const { tool, delay, attempt = 0, fails = false, declared = true } = call;
  const span = s.open({
    parent,
    name: 'tool_call',
    kind: 3,
    attributes: {
      'ati.role': 'tool',
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': tool,
      ...(declared && attempt > 0 && { 'http.request.resend_count': attempt }),
    },
  });
  yield 1;
  const server = s.open({
    parent: span.id,
    name: 'GET /tool/:name',
    kind: 2,
    service: 'tool-service',
    error: fails,
  });
  yield delay;
  server.end();
  yield 1;
  span.end({ error: fails });
}

/** Runs `body` under a workflow span and gives the trace's spans. */
export function workflow(body: (s: Simulator, root: number) => Process): TestSpan[] {
  const s = new Simulator();
  const root = s.open({
    name: 'workflow',
    attributes: { 'ati.role': 'workflow', ...agent('flow-workflow') },
  });
  s.start(body(s, root.id), () => root.end());
  s.run();
  return s.spans;
}

export interface FanoutOptions {
  readonly fanout?: number;
  readonly concurrency?: number;
  readonly delay?: number | ((call: number) => number);
  /** Without workers the calls stand right below the planner. */
  readonly workers?: boolean;
  readonly retries?: { fails: (call: number, attempt: number) => boolean; max: number; declared?: boolean };
  readonly pool?: Pool;
  readonly tool?: string;
}

export function* planned(s: Simulator, parent: number, options: FanoutOptions = {}): Process {
  const { fanout = 100, concurrency = 20, delay = 80, workers = true, retries, tool = 'search' } = options;
  const pool = options.pool ?? new Pool(concurrency);
  const planner = s.open({
    parent,
    name: 'planner',
    attributes: { 'ati.role': 'planner', ...agent('planner') },
  });
  const join = new Join(s, fanout);
  const piece = function* (call: number): Process {
    const worker = workers
      ? s.open({
          parent: planner.id,
          name: 'worker',
          attributes: { 'ati.role': 'worker', ...agent('researcher') },
        })
      : undefined;
    for (let attempt = 0; ; attempt++) {
      yield pool;
      const fails = retries?.fails(call, attempt) ?? false;
      yield* toolCall(s, worker?.id ?? planner.id, {
        tool,
        delay: typeof delay === 'number' ? delay : delay(call),
        attempt,
        fails,
        declared: retries?.declared ?? true,
      });
      s.release(pool);
      if (!fails || attempt === (retries?.max ?? 0)) break;
      yield 50 * 2 ** attempt;
    }
    worker?.end();
  };
  for (let call = 0; call < fanout; call++) s.start(piece(call), join.done);
  yield join.pool;
  planner.end();
}

export const fanoutTrace = (options: FanoutOptions = {}): TestSpan[] =>
  workflow((s, root) => planned(s, root, options));

/** Fails as the synthetic tools do: call i's first attempt by a low-discrepancy sequence, later ones seldom. */
export const failing = (rate: number) => (call: number, attempt: number) =>
  attempt === 0 ? (call * 0.618034) % 1 < rate : (call * 0.618034 + attempt * 0.414214) % 1 < rate * rate;

export const retryTrace = (rate: number, options: FanoutOptions = {}): TestSpan[] =>
  fanoutTrace({ tool: 'flaky', ...options, retries: { fails: failing(rate), max: 3, ...options.retries } });

export interface ChainOptions {
  readonly depth?: number;
  readonly delay?: number | ((step: number) => number);
  /** One after the other under the workflow instead of one inside the other. */
  readonly siblings?: boolean;
  readonly name?: (step: number) => string;
}

export function chainTrace(options: ChainOptions = {}): TestSpan[] {
  const { depth = 60, delay = 80, siblings = false, name = (step) => `agent-${step}` } = options;
  const delayOf = (step: number) => (typeof delay === 'number' ? delay : delay(step));
  return workflow(function* (s, root) {
    const step = function* (parent: number, position: number): Process {
      const attributes = { 'ati.role': 'worker', ...agent(name(position)) };
      const span = s.open({ parent, name: 'worker', attributes });
      yield* toolCall(s, span.id, { tool: 'lookup', delay: delayOf(position) });
      if (!siblings && position < depth) yield* step(span.id, position + 1);
      span.end();
    };
    if (siblings) for (let position = 1; position <= depth; position++) yield* step(root, position);
    else yield* step(root, 1);
  });
}

export interface StreamOptions {
  readonly duration?: number;
  readonly interval?: number;
  readonly declared?: boolean;
  readonly background?: number;
  readonly toolDelay?: number;
  readonly backgroundAt?: number;
  readonly slots?: number;
  /** The background work has slots of its own. */
  readonly apart?: boolean;
  /** A tool of the stream's own at this chunk. */
  readonly ownTool?: { at: number; delay: number; below: boolean };
}

export function streamTrace(options: StreamOptions = {}): TestSpan[] {
  const { duration = 20_000, interval = 50, declared = true, background = 150, toolDelay = 400 } = options;
  return workflow(function* (s, root) {
    const pool = new Pool(options.slots ?? 20);
    const join = new Join(s, background > 0 ? 2 : 1);
    s.start(tokens(s, root, pool, { duration, interval, declared, ownTool: options.ownTool }), join.done);
    if (background > 0) {
      const later = function* (): Process {
        yield options.backgroundAt ?? duration / 5;
        const shared = options.apart ? new Pool(20) : pool;
        yield* planned(s, root, { fanout: background, pool: shared, delay: toolDelay, tool: 'index' });
      };
      s.start(later(), join.done);
    }
    yield join.pool;
  });
}

function* tokens(
  s: Simulator,
  root: number,
  pool: Pool,
  options: { duration: number; interval: number; declared: boolean; ownTool?: StreamOptions['ownTool'] },
): Process {
  const { duration, interval, declared, ownTool } = options;
  const start = s.now;
  const span = s.open({ parent: root, name: 'token_stream' });
  const offsets: number[] = [];
  while (s.now - start < duration) {
    if (ownTool !== undefined && offsets.length === ownTool.at)
      yield* toolCall(s, ownTool.below ? span.id : root, { tool: 'lookup', delay: ownTool.delay });
    yield interval;
    yield pool;
    offsets.push(Math.round(s.now - start));
    s.release(pool);
  }
  span.end({
    instance: 'instance-1',
    attributes: {
      'ati.role': 'stream',
      ...agent('writer'),
      'ati.stream.token_offsets_ms': offsets,
      ...(declared && { 'ati.stream.interval_ms': interval }),
    },
  });
}

/** Reason and act, one agent: `steps` chats, each followed by `tools` calls at once. */
export function reactTrace(
  steps: number,
  tools = 1,
  options: { chats?: boolean; gap?: number; delay?: number } = {},
): TestSpan[] {
  const { chats = true, gap = 300, delay = 80 } = options;
  return workflow(function* (s, root) {
    const loop = s.open({ parent: root, name: 'invoke_agent solver', attributes: { ...agent('solver') } });
    for (let step = 0; step < steps; step++) {
      const chat = chats ? s.open({ parent: loop.id, name: 'chat model', kind: 3 }) : undefined;
      yield gap;
      chat?.end();
      const join = new Join(s, tools);
      for (let i = 0; i < tools; i++) s.start(toolCall(s, loop.id, { tool: 'search', delay }), join.done);
      yield join.pool;
    }
    loop.end();
  });
}

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../errors.ts';
import { freePort } from '../ports.ts';
import { until } from '../testing/until.ts';
import { freshPlace, isAlive, type Place } from './fixtures/place.ts';
import { fixture } from './fixtures/services.ts';
import { type Service, servicesOf } from './services.ts';
import { type Stack, type StackOptions, startStack } from './stack.ts';

let place: Place;
const stacks: Stack[] = [];

beforeEach(async () => {
  place = await freshPlace();
});
afterEach(async () => {
  for (const stack of stacks.splice(0)) await stack.stop();
  await place.remove();
});

async function start(services: Service[], options: Partial<StackOptions> = {}): Promise<Stack> {
  const stack = await startStack({ config: place.config, env: place.env, services, ...options });
  stacks.push(stack);
  return stack;
}

const pair = () => [fixture('broker', 'steady'), fixture('sink', 'follower', ['broker'])];

describe('start and stop', () => {
  test('in order, each when those before it are ready; backwards at the stop; nothing is left', async () => {
    const progress: string[] = [];
    const stack = await start(pair(), {
      progress: (service, state) => progress.push(`${service.title} ${state}`),
    });
    expect(place.events()).toEqual(['steady starts', 'steady ready', 'follower starts', 'follower ready']);
    expect(progress).toEqual(['steady starting', 'steady ready', 'follower starting', 'follower ready']);
    const pids = [stack.pid('broker'), stack.pid('sink')];
    await stack.stop();
    expect(place.events().slice(4)).toEqual(
      ['follower', 'steady'].flatMap((name) =>
        ['draining', 'flushed', 'committed', 'closed'].map((stage) => `${name} ${stage}`),
      ),
    );
    expect(pids.map(isAlive)).toEqual([false, false]);
  });

  test('each service has its log; the one of the start before is kept', async () => {
    const log = (name: string) => readFileSync(path.join(place.dir, 'logs', name), 'utf8');
    await (await start([fixture('broker', 'steady')])).stop();
    const first = log('broker.log');
    expect(first).toContain('a line for the log');
    await (await start([fixture('broker', 'steady')])).stop();
    expect(log('broker.log.1')).toBe(first);
    expect(log('broker.log')).not.toBe(first);
  });

  test('what hears no signal is killed', async () => {
    const stack = await start([fixture('broker', 'deaf')], { stopDeadlineMs: 100 });
    const pid = stack.pid('broker');
    await stack.stop();
    expect(isAlive(pid)).toBe(false);
  });

  test('an interrupt during the start stops what is running', async () => {
    const abort = new AbortController();
    const services = [fixture('broker', 'steady'), fixture('sink', 'slow', ['broker'])];
    const starting = start(services, { signal: abort.signal });
    await until('the slow one', () => place.events().includes('slow starts'));
    abort.abort();
    await expect(starting).rejects.toThrow(new UserError('stopped while starting'));
    expect(place.events()).toContain('steady closed');
    await start(pair());
  });
});

describe('several instances', () => {
  test('are services of their own: a name, a port and a log each, which the first one checks for all', () => {
    const services = servicesOf(place.config, { agents: false, processors: 3, sinks: 2 });
    expect(services.map(({ name }) => name)).toEqual([
      'broker',
      'engine',
      'sink',
      'sink-2',
      'processor',
      'processor-2',
      'processor-3',
      'ingest',
      'api',
    ]);
    const [first, , third] = services.filter(({ port }) => port === 'ATI_PROCESSOR_PORT');
    expect(third.env?.(place.config)).toEqual({
      ATI_PROCESSOR_PORT: String(place.config.ATI_PROCESSOR_PORT + 200),
    });
    expect([first.checks, third.checks]).toEqual([true, undefined]);
  });

  test('one is added and one removed at run time; the others go on', async () => {
    const stack = await start(pair());
    const others = [stack.pid('broker'), stack.pid('sink')];
    const second = { ...fixture('sink', 'steady'), name: 'sink-2', ownPort: await freePort() } as const;
    const starting = stack.add(second);
    await expect(stack.add(second)).rejects.toThrow(new UserError('steady runs already'));
    await starting;
    expect(stack.services.map(({ name }) => name)).toEqual(['broker', 'sink', 'sink-2']);
    const added = stack.pid('sink-2');
    await expect(stack.add(second)).rejects.toThrow(new UserError('steady runs already'));
    await stack.remove('sink-2');
    expect([...others, added].map(isAlive)).toEqual([true, true, false]);
    expect(place.events()).toContain('steady closed');
    expect(() => stack.pid('sink-2')).toThrow('this installation has no sink-2');
  });

  test('one that is added as all stop is not left behind', async () => {
    const stack = await start(pair());
    const late = { ...fixture('sink', 'steady'), name: 'sink-2', ownPort: await freePort() } as const;
    const adding = expect(stack.add(late)).rejects.toThrow(new UserError('stopped while starting'));
    await stack.stop();
    await adding;
    expect(place.events().filter((event) => event === 'steady ready')).toHaveLength(1);
    expect(() => stack.pid('sink-2')).toThrow('this installation has no sink-2');
  });
});

describe('what can go wrong at the start', () => {
  test('a service that refuses: its sentence; those that ran are stopped; the directory is free again', async () => {
    const services = [fixture('broker', 'slow'), fixture('engine', 'refuses')];
    await expect(start(services)).rejects.toThrow(
      new UserError('no engine for this platform: set CLICKHOUSE_URL'),
    );
    expect(place.events().filter((event) => event.endsWith('ready'))).toEqual([]);
    await start(pair());
  });

  test('a data directory that is a file', async () => {
    const file = path.join(place.dir, 'file');
    writeFileSync(file, '');
    const starting = start(pair(), { config: { ...place.config, ATI_DATA_DIR: file } });
    await expect(starting).rejects.toThrow(UserError);
    await expect(starting).rejects.toThrow(/^cannot write to .*file .*not a directory.*ATI_DATA_DIR/);
    expect(place.events()).toEqual([]);
  });

  test('a port that is in use, with the variable that moves it; nothing has been started', async () => {
    const taken = createServer().listen(place.config.ATI_SINK_PORT, '127.0.0.1');
    await once(taken, 'listening');
    try {
      await expect(start(pair())).rejects.toThrow(
        new RegExp(`port ${place.config.ATI_SINK_PORT} .*ATI_SINK_PORT`),
      );
    } finally {
      taken.close();
    }
    expect(place.events()).toEqual([]);
  });

  test('thresholds that the processor would refuse: its sentence, before anything has been started', async () => {
    const processor = servicesOf(place.config, { agents: false }).filter(({ name }) => name === 'processor');
    const env = { ...place.env, ATI_DETECTORS: '{"retry_strom":{},"retry_storm":{"minRetriedCalls":"5"}}' };
    await expect(start([fixture('broker', 'steady'), ...processor], { env })).rejects.toThrow(
      /^ATI_DETECTORS is wrong:\n {2}retry_strom: no such detector \(there are .*\)\n {2}retry_storm\.minRetriedCalls: must be a number, not "5"$/,
    );
    expect(place.events()).toEqual([]);
  });

  test.each([
    ['KAFKA_BROKERS', '127.0.0.1:1', 'cannot reach Kafka at 127.0.0.1:1: connection refused'],
    ['CLICKHOUSE_URL', 'http://127.0.0.1:1', 'cannot reach ClickHouse at http://127.0.0.1:1'],
  ])('a %s that nobody answers at', async (variable, value, message) => {
    const config = { ...place.config, [variable]: variable === 'KAFKA_BROKERS' ? [value] : value };
    await expect(start([fixture('ingest', 'steady')], { config })).rejects.toThrow(message);
  });
});

describe('a service that dies', () => {
  test('is started again, and the others go on', async () => {
    const deaths: string[] = [];
    const stack = await start(pair(), { onDeath: (service) => deaths.push(service.name) });
    const [broker, sink] = [stack.pid('broker'), stack.pid('sink')];
    const back = stack.back('sink');
    await stack.signal('sink', 'SIGKILL');
    await back;
    expect(deaths).toEqual(['sink']);
    expect(stack.pid('sink')).not.toBe(sink);
    expect(stack.pid('broker')).toBe(broker);
    expect([broker, sink, stack.pid('sink')].map(isAlive)).toEqual([true, false, true]);
  });

  test('by a signal that was asked for, however often: it is no sign of anything wrong', async () => {
    const gaveUp: Error[] = [];
    const stack = await start([fixture('broker', 'steady')], { onGiveUp: (error) => gaveUp.push(error) });
    for (let kill = 0; kill < 6; kill++) {
      const back = stack.back('broker');
      await stack.signal('broker', 'SIGKILL');
      await back;
    }
    expect(gaveUp).toEqual([]);
    expect(isAlive(stack.pid('broker'))).toBe(true);
  });

  test('again and again: given up, with its own words', async () => {
    const gaveUp = Promise.withResolvers<Error>();
    const words: string[] = [];
    await start([fixture('broker', 'fragile')], {
      onDeath: (_service, lastWords) => words.push(lastWords),
      onGiveUp: gaveUp.resolve,
    });
    expect((await gaveUp.promise).message).toBe(
      'broker died 5 times within a minute: fragile: the log is gone',
    );
    expect(words).toEqual(Array.from({ length: 5 }, () => 'fragile: the log is gone'));
  });
});

describe('the process of the stack', () => {
  let runner: ChildProcess;
  let pids: number[];

  beforeEach(async () => {
    runner = fork(path.join(import.meta.dirname, 'fixtures/runner/main.ts'), [], {
      env: place.env,
      execArgv: [],
      // A process group of its own, as a terminal gives it: Ctrl-C goes to the group.
      detached: true,
    });
    [{ pids }] = (await once(runner, 'message')) as [{ pids: number[] }];
  });
  afterEach(() => {
    for (const pid of [runner.pid!, ...pids]) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  });

  test('killed: its services end by themselves, in order of their stages', async () => {
    runner.kill('SIGKILL');
    await until('nobody is left', () => !pids.some(isAlive));
    const stages = (name: string) =>
      place
        .events()
        .filter((event) => event.startsWith(name))
        .slice(2);
    for (const name of ['steady', 'follower']) {
      expect(stages(name)).toEqual(
        ['draining', 'flushed', 'committed', 'closed'].map((stage) => `${name} ${stage}`),
      );
    }
  });

  test('a second stack on its directory is refused with a sentence; the first goes on', async () => {
    await expect(start([fixture('ingest', 'steady')])).rejects.toThrow(
      `ATI is already running on ${place.dir} (process ${runner.pid}): stop it, or set ATI_DATA_DIR`,
    );
    expect(pids.map(isAlive)).toEqual([true, true]);
  });

  test('Ctrl-C at the terminal: the stack stops them one after the other', async () => {
    process.kill(-runner.pid!, 'SIGINT');
    const [code] = await once(runner, 'exit');
    expect(code).toBe(0);
    expect(place.events().at(4)).toBe('follower draining');
    expect(place.events().at(7)).toBe('follower closed');
    expect(place.events().at(8)).toBe('steady draining');
    expect(pids.map(isAlive)).toEqual([false, false]);
  });
});

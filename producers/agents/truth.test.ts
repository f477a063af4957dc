import { describe, expect, test } from 'vitest';
import { groundTruth, type PlantedInsight } from './truth.ts';
import { completed } from './virtual/parameters.ts';

const truthOf = (values: Record<string, unknown>, agentPrefix = '') =>
  groundTruth(completed({ seed: 1, ...values }), { agentPrefix });
const planted = (values: Record<string, unknown>) =>
  truthOf(values).failures.map(({ kind, agent, callee }) => `${kind}: ${agent} → ${callee}`);
const insight = (values: Record<string, unknown>, kind: PlantedInsight['kind']) =>
  truthOf(values).insights.find((each) => each.kind === kind);

const SEARCH = 'fanout_collapse: planner → search';
const FLAKY = 'fanout_collapse: planner → flaky';
const INDEX = 'fanout_collapse: planner → index';
const STORM = 'retry_storm: caller → flaky';
const BEHIND_AGENT = 'retry_storm: fetcher → flaky';
const AT_AGENT = 'retry_storm: caller → fetcher';
const CHAIN = 'blocking_chain: agent-1 → agent-2';
const STARVED = 'starvation: writer → index';

describe('planted failures', () => {
  const fanout = { scenario: 'fanout' };
  const chain = { scenario: 'chain' };
  const retry = { scenario: 'retry' };
  const stream = { scenario: 'stream' };
  test.each([
    [fanout, [SEARCH]],
    [{ ...fanout, fanout: 20 }, []],
    [{ ...fanout, fanout: 9, concurrency: 3 }, []],
    [{ ...fanout, fanout: 10, concurrency: 1 }, [SEARCH]],
    // Two rounds: a third of the time is waiting. Three: exactly half.
    [{ ...fanout, fanout: 40 }, []],
    [{ ...fanout, fanout: 60, delay_ms: 120 }, [SEARCH]],
    // Four further rounds of 51 ms are more than 200 ms, of 49 ms they are not.
    [{ ...fanout, delay_ms: 50 }, [SEARCH]],
    [{ ...fanout, delay_ms: 48 }, []],
    [{ ...fanout, fanout: 20, straggler_factor: 8 }, []],
    [{ ...fanout, fanout: 22, concurrency: 1, straggler_factor: 9 }, [SEARCH]],
    [chain, [CHAIN]],
    [{ ...chain, depth: 20 }, [CHAIN]],
    [{ ...chain, depth: 19 }, []],
    [{ ...chain, depth: 10 }, []],
    [{ ...chain, delay_ms: 1 }, []],
    [{ ...chain, depth: 500, delay_ms: 1 }, [CHAIN]],
    [retry, [STORM, FLAKY]],
    [{ ...retry, concurrency: 100 }, [STORM]],
    [{ ...retry, error_rate: 0.01 }, [FLAKY]],
    [{ ...retry, error_rate: 0.01, concurrency: 100 }, []],
    [{ ...retry, error_rate: 0, fanout: 20 }, []],
    [{ ...retry, fanout: 4, error_rate: 1 }, []],
    // Two further rounds of 61 ms are short; a second attempt of every call is not.
    [{ ...retry, fanout: 15, concurrency: 5, delay_ms: 60, error_rate: 0 }, []],
    [{ ...retry, fanout: 15, concurrency: 5, delay_ms: 60, error_rate: 0.3, max_retries: 1 }, [STORM, FLAKY]],
    [{ ...retry, error_rate: 1, max_retries: 0, concurrency: 100 }, []],
    // Most of the load is retries: the queue is theirs.
    [{ ...retry, error_rate: 1 }, [STORM]],
    // An agent that is retried above a storm is its symptom; above a tool that is not retried it is the storm.
    [{ ...retry, error_rate: 0.5, max_retries: 1, agent_retries: 2 }, [BEHIND_AGENT]],
    [{ ...retry, error_rate: 0.5, max_retries: 0, agent_retries: 2 }, [AT_AGENT]],
    [{ ...retry, error_rate: 0.1, max_retries: 3, agent_retries: 2 }, [BEHIND_AGENT]],
    [{ ...retry, error_rate: 0.01, agent_retries: 2 }, []],
    [{ scenario: 'dag' }, []],
    [{ scenario: 'react', max_steps: 30 }, []],
    [{ scenario: 'react', tools_per_step: 2 }, []],
    [{ scenario: 'human', human_delay_s: 60 }, []],
    [{ scenario: 'rag' }, []],
    [stream, []],
    [{ ...stream, background_fanout: 150 }, [STARVED, INDEX]],
    [{ ...stream, background_fanout: 19 }, []],
    // One round of 400 ms is a stall, but not a second's worth.
    [{ ...stream, background_fanout: 20 }, []],
    [{ ...stream, background_fanout: 20, tool_delay_ms: 1100 }, [STARVED]],
    // 2.8 s are less than 5 % of a stream of a minute and a half.
    [{ ...stream, background_fanout: 150, duration_s: 90 }, [INDEX]],
    [{ ...stream, own_tools: 3, tool_delay_ms: 5000 }, []],
    [{ ...stream, interval_ms: 1000 }, []],
    // A gap of 3 s is none for a stream with a chunk a second.
    [{ ...stream, interval_ms: 1000, background_fanout: 150 }, [INDEX]],
  ])('%j', (values, failures) => expect(planted(values)).toEqual(failures));

  test('the mesh’s prefix is on every agent, and on no tool', () => {
    const { failures } = truthOf({ scenario: 'retry' }, 'm2');
    expect(failures.map(({ agent, callee }) => [agent, callee])).toEqual([
      ['m2-caller', 'flaky'],
      ['m2-planner', 'flaky'],
    ]);
    const [chain] = truthOf({ scenario: 'chain' }, 'm2').failures;
    expect([chain.agent, chain.callee]).toEqual(['m2-agent-1', 'm2-agent-2']);
  });
});

describe('numbers', () => {
  test('fanout: 5 rounds of 20', () => {
    expect(truthOf({ scenario: 'fanout' }).failures[0].numbers).toEqual({
      offered_width: 100,
      concurrency: 20,
      service_time: 81,
      mean_wait: 2 * 81,
      queue_share: 2 / 3,
      expected_makespan: 5 * 81,
    });
  });

  test('chain: depth times delay', () => {
    expect(truthOf({ scenario: 'chain' }).failures[0].numbers).toMatchObject({
      depth: 60,
      cumulated_latency: 60 * 81,
      longest_step: 81,
    });
  });

  test('retry: all fail to the end', () => {
    expect(
      truthOf({ scenario: 'retry', fanout: 30, error_rate: 1, max_retries: 2 }).failures[0].numbers,
    ).toEqual({
      logical_operations: 30,
      attempts: 90,
      retried_operations: 30,
      failed_attempts: 90,
      amplification: 3,
      gave_up: 30,
      layers: 1,
      total_amplification: 3,
    });
  });

  test('retry at two layers: all fail to the end', () => {
    const all = { scenario: 'retry', fanout: 30, error_rate: 1, max_retries: 2, agent_retries: 1 };
    expect(truthOf(all).failures[0].numbers).toEqual({
      logical_operations: 60,
      attempts: 180,
      retried_operations: 60,
      failed_attempts: 180,
      amplification: 3,
      gave_up: 60,
      layers: 2,
      total_amplification: 6,
    });
    expect(insight(all, 'retries')?.numbers).toMatchObject({
      logical_operations: 90,
      attempts: 240,
      gave_up: 90,
    });
  });

  test('retry: at 10 % about ten of a hundred calls, whatever the seed, and it adds up', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { numbers } = truthOf({ scenario: 'retry', seed }).failures[0];
      expect(numbers.failed_attempts - numbers.gave_up).toBe(numbers.attempts - 100);
      expect(numbers.retried_operations).toBeGreaterThanOrEqual(8);
      expect(numbers.retried_operations).toBeLessThanOrEqual(12);
      expect(numbers.amplification).toBe(numbers.attempts / 100);
    }
  });

  test('stream: seven rounds stand between two chunks', () => {
    const { numbers } = truthOf({ scenario: 'stream', background_fanout: 150 }).failures[0];
    expect(numbers.stalls).toBe(1);
    expect(numbers.longest_stall).toBeGreaterThanOrEqual(7 * 401);
    expect(numbers.longest_stall).toBeLessThanOrEqual(7 * 401 + 50);
  });
});

describe('insights', () => {
  test.each([
    [{ scenario: 'fanout' }, 'straggler', false],
    [{ scenario: 'fanout', fanout: 20, straggler_factor: 8 }, 'straggler', true],
    [{ scenario: 'fanout', fanout: 20, straggler_factor: 2 }, 'straggler', false], // 80 ms beyond the others
    [{ scenario: 'fanout', fanout: 4, straggler_factor: 8 }, 'straggler', undefined],
    [{ scenario: 'chain' }, 'chain', true],
    [{ scenario: 'chain', delay_ms: 1 }, 'chain', true],
    [{ scenario: 'chain', depth: 10 }, 'chain', false],
    [{ scenario: 'chain', depth: 2 }, 'chain', undefined],
    [{ scenario: 'retry' }, 'retries', true],
    [{ scenario: 'retry', max_retries: 0 }, 'retries', false],
    [{ scenario: 'retry', error_rate: 0 }, 'retries', undefined],
    [{ scenario: 'dag' }, 'critical_path', true],
    [{ scenario: 'dag' }, 'straggler', true],
    [{ scenario: 'dag', slow_factor: 1 }, 'critical_path', false],
    [{ scenario: 'dag', slow_factor: 2 }, 'critical_path', false], // waits of 80 ms
    [{ scenario: 'dag', fanout: 1 }, 'critical_path', undefined],
    [{ scenario: 'react' }, 'steps', true],
    [{ scenario: 'react', max_steps: 2 }, 'steps', false],
    [{ scenario: 'react', max_steps: 1 }, 'steps', undefined],
    [{ scenario: 'human' }, 'human', true],
    [{ scenario: 'rag' }, 'payload', false],
    [
      { scenario: 'rag', rag_chunks: 10, rag_chunk_size_kb: 100, rag_growth: 1, rag_mb_per_s: 10 },
      'payload',
      true,
    ],
    [{ scenario: 'rag', rag_chunks: 10, rag_chunk_size_kb: 100, rag_mb_per_s: 10 }, 'payload', false], // one size
    [
      { scenario: 'rag', rag_chunks: 7, rag_chunk_size_kb: 100, rag_growth: 1, rag_mb_per_s: 10 },
      'payload',
      false,
    ],
    [{ scenario: 'rag', rag_chunks: 10, rag_growth: 1 }, 'payload', false], // small and fast: size tells nothing
    [{ scenario: 'rag', rag_chunks: 10, rag_growth: 1, rag_mb_per_s: 10 }, 'payload', undefined], // chance decides
    [{ scenario: 'rag', rag_chunks: 1 }, 'payload', undefined],
    [{ scenario: 'stream' }, 'stream', false],
    [{ scenario: 'stream', background_fanout: 150 }, 'stream', true],
    [{ scenario: 'stream', own_tools: 2, tool_delay_ms: 1500 }, 'stream', false],
    [{ scenario: 'stream', duration_s: 1, interval_ms: 1000 }, 'stream', undefined], // one chunk has no pace
  ] as const)('%j: %s %s', (values, kind, found) => expect(insight(values, kind)?.found).toBe(found));

  test('a slow call that ends before the queue does delays nobody', () => {
    const found = Array.from(
      { length: 50 },
      (_, seed) => insight({ scenario: 'fanout', straggler_factor: 2.5, seed }, 'straggler')?.found,
    );
    // Only in the last round it is the last.
    expect(found.filter(Boolean).length).toBeGreaterThan(0);
    expect(found.filter(Boolean).length).toBeLessThan(25);
  });

  test('a loop of a seeded number of steps says how many there were', () => {
    const counts = Array.from(
      { length: 50 },
      (_, seed) => insight({ scenario: 'react', min_steps: 3, max_steps: 9, seed }, 'steps')?.numbers.steps,
    );
    expect(new Set(counts)).toEqual(new Set([3, 4, 5, 6, 7, 8, 9]));
  });
});

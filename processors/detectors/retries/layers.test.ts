import { describe, expect, test } from 'vitest';
import { shuffled, type TestSpan } from '../../trace/testkit.ts';
import { analysed, findingsOf, measure } from '../analysed.testkit.ts';
import { type Process, toolCall, workflow } from '../testkit.ts';
import { layeredTrace, resend } from './layers.testkit.ts';

const storms = (spans: readonly TestSpan[]) => findingsOf('retry_storm', spans);
const stormOn = (spans: readonly TestSpan[], signature: string) => {
  const found = storms(spans).filter((finding) => finding.signature === signature);
  expect(found).toHaveLength(1);
  return found[0];
};
const evidenceOf = (spans: readonly TestSpan[], signature: string, names: readonly string[]) =>
  names.map((name) => measure(stormOn(spans, signature), name));
const layerEvidence = (finding: { evidence: readonly { name: string }[] }) =>
  finding.evidence.filter(({ name }) => name.startsWith('layer_')).map(({ name }) => name);

describe('two layers', () => {
  const spans = layeredTrace({ work: 6, agents: 2, tools: 3 });

  test('each layer by its calls and attempts, the load on the callee by their product', () => {
    expect(
      evidenceOf(spans, 'tool_call db', [
        'layers',
        'layer_1_operations',
        'layer_1_attempts',
        'layer_1_amplification',
        'layer_2_operations',
        'layer_2_attempts',
        'layer_2_amplification',
        'total_amplification',
      ]),
    ).toEqual([2, 6, 12, 2, 12, 36, 3, 6]);
  });
  test('the root calls the deepest failing callee; the storm above names it as its cause', () => {
    const root = stormOn(spans, 'tool_call db');
    const symptom = stormOn(spans, 'invoke_agent inner');
    expect(root).toMatchObject({
      agent: 'inner',
      operation: 'invoke_agent inner',
      root: true,
      explainedBy: '',
    });
    expect(symptom).toMatchObject({ agent: 'outer', operation: 'worker', root: false });
    expect(symptom.explainedBy).toBe(root.incidentId);
    expect(root.explains.map(({ incidentId }) => incidentId)).toEqual([symptom.incidentId]);
    expect(storms(spans)).toHaveLength(2);
  });
  test('who calls whom, in words and on the timeline', () => {
    const { explanation, timeline } = stormOn(spans, 'tool_call db');
    expect(explanation).toContain(
      'Retries multiply over 2 layers: worker calls invoke_agent inner (2.00 attempts for each call), ' +
        'invoke_agent inner calls tool_call db (3.00 attempts for each call); together 6.00 times the load on ' +
        'tool_call db, most of it by invoke_agent inner.',
    );
    expect(
      timeline
        .filter(({ label }) => label.startsWith('layer'))
        .map(({ label, outcome }) => [label, outcome])
        .sort(),
    ).toEqual([
      ['layer 1: worker → invoke_agent inner', '12 attempts for 6 calls'],
      ['layer 2: invoke_agent inner → tool_call db', '36 attempts for 12 calls'],
    ]);
    expect(timeline.length).toBeLessThanOrEqual(20);
  });
  test('the advice keeps the retries right above the failures; its numbers follow from the evidence', () => {
    const finding = stormOn(spans, 'tool_call db');
    const e = (name: string) => measure(finding, name);
    const advice = finding.recommendations.find(({ action }) => action === 'retry_one_layer');
    expect(advice?.text).toBe(
      'Retry at one layer only, the one right above the failures: let invoke_agent inner keep its retries of ' +
        'tool_call db, and let worker those of invoke_agent inner give up: the load on tool_call db falls from 6.00 to ' +
        '3.00 attempts for each call, from 36 to 18 in all.',
    );
    expect(e('layer_1_amplification') * e('layer_2_amplification')).toBe(e('total_amplification'));
    expect((e('layer_2_attempts') * e('layer_2_amplification')) / e('total_amplification')).toBe(18);
    expect(e('one_layer_attempts')).toBe(18);
  });
  test('any order of arrival gives the same', () => {
    expect(analysed(shuffled(spans, 5)).findings).toEqual(analysed(spans).findings);
  });
});

describe('three layers', () => {
  test('agent, tool and client: the innermost is the root of both others', () => {
    const spans = layeredTrace({ work: 5, agents: 2, tools: 2, requests: 3 });
    const root = stormOn(spans, 'GET /query');
    expect(root).toMatchObject({ operation: 'execute_tool', agent: 'inner', root: true });
    expect(
      ['layers', 'total_amplification', 'one_layer_attempts'].map((name) => measure(root, name)),
    ).toEqual([3, 12, 15]);
    for (const signature of ['execute_tool db', 'invoke_agent inner'])
      expect(stormOn(spans, signature)).toMatchObject({ root: false, explainedBy: root.incidentId });
    expect(root.explains).toHaveLength(2);
  });
  test('a layer that does not retry is none', () => {
    const spans = layeredTrace({ work: 5, agents: 3, tools: 1, requests: 2 });
    const root = stormOn(spans, 'GET /query');
    expect(measure(root, 'layers')).toBe(2);
    expect(root.explanation).toContain(
      'worker calls invoke_agent inner (3.00 attempts for each call), execute_tool',
    );
  });
});

describe('near misses', () => {
  test('retries at one layer only: one layer, no such advice, no symptoms', () => {
    const spans = layeredTrace({ work: 6, agents: 1, tools: 3 });
    const [finding, ...others] = storms(spans);
    expect(others).toEqual([]);
    expect(measure(finding, 'layers')).toBe(1);
    expect(measure(finding, 'total_amplification')).toBe(measure(finding, 'amplification'));
    expect(layerEvidence(finding)).toEqual([]);
    expect(finding.recommendations.map(({ action }) => action)).not.toContain('retry_one_layer');
  });
  test('an agent is retried whose tool is not: the agent is the callee, its caller the root', () => {
    const spans = layeredTrace({ work: 6, agents: 3, tools: 1 });
    const [finding, ...others] = storms(spans);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ signature: 'invoke_agent inner', operation: 'worker', root: true });
  });
  test('agents that fail for other reasons than the tool below them are their own storm', () => {
    /** 12 agents fail once each; below `flaky` of those failures a tool fails too, and heals. */
    const beside = (flaky: number) =>
      workflow(function* (s, root) {
        const attributes = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'inner' };
        for (let i = 0; i < 12; i++)
          for (let a = 0; a < 2; a++) {
            const all = { ...attributes, ...resend(a) };
            const span = s.open({ parent: root, name: 'invoke_agent inner', attributes: all });
            const fails = a === 0 && i < flaky;
            if (fails) yield* toolCall(s, span.id, { tool: 'db', delay: 5, fails });
            yield* toolCall(s, span.id, { tool: 'db', delay: 5, attempt: fails ? 1 : 0 });
            span.end({ error: a === 0 });
            yield 1;
          }
      });
    expect(stormOn(beside(6), 'tool_call db').root).toBe(true);
    expect(stormOn(beside(6), 'invoke_agent inner').root).toBe(false);
    expect(stormOn(beside(5), 'tool_call db').root).toBe(true);
    expect(stormOn(beside(5), 'invoke_agent inner').root).toBe(true);
  });
  test('an agent that calls itself is not its own cause', () => {
    const spans = workflow(function* (s, root) {
      const nested = function* (parent: number, depth: number): Process {
        const attributes = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'self' };
        for (let a = 0; a < 2; a++) {
          const span = s.open({
            parent,
            name: 'invoke_agent self',
            attributes: { ...attributes, ...resend(a) },
          });
          yield 1;
          if (depth > 1) yield* nested(span.id, depth - 1);
          span.end({ error: true });
          yield 1;
        }
      };
      yield* nested(root, 4);
    });
    const [finding, ...others] = storms(spans);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ root: true, explainedBy: '' });
    expect(measure(finding, 'layers')).toBe(4);
    expect(measure(finding, 'total_amplification')).toBe(16);
  });
});

test('what a layer above multiplies makes the storm worse', () => {
  const spans = layeredTrace({ work: 100, agents: 2, tools: 2, heals: true, failing: 12 });
  const finding = stormOn(spans, 'tool_call db');
  expect(measure(finding, 'amplification')).toBeLessThan(1.25);
  expect(measure(finding, 'total_amplification')).toBeGreaterThan(measure(finding, 'amplification'));
  expect(finding.severity).toBe('critical');
});

import { expect, test } from 'vitest';
import { testFinding } from '../testing/fake-signals.ts';
import { ownFinding } from '../windows/evaluate.ts';
import { type IncidentKey, incidentId } from './identity.ts';

const key: IncidentKey = {
  kind: 'retry_storm',
  tenant: 'default',
  agent: 'researcher',
  operation: 'worker',
  signature: 'tool_call search',
};

test('the id is 32 hex digits and never changes', () => {
  // A changed digest would open every known incident anew: raise the version instead.
  expect(incidentId(key)).toBe('79c8ac3a32f40e9a57e625aab7447b43');
});

test('every part counts', () => {
  const others: IncidentKey[] = [
    { ...key, kind: 'starvation' },
    { ...key, tenant: 'other' },
    { ...key, agent: 'writer' },
    { ...key, operation: 'planner' },
    { ...key, signature: 'tool_call fetch' },
  ];
  expect(new Set([key, ...others].map(incidentId)).size).toBe(6);
});

test.each([
  [
    { agent: 'a', operation: 'b c' },
    { agent: 'a b', operation: 'c' },
  ],
  [
    { agent: 'a","b', operation: 'c' },
    { agent: 'a', operation: 'b","c' },
  ],
  [
    { agent: '', operation: 'x' },
    { agent: 'x', operation: '' },
  ],
])('%j and %j are told apart', (a, b) => {
  expect(incidentId({ ...key, ...a })).not.toBe(incidentId({ ...key, ...b }));
});

test('further properties (a whole finding) change nothing', () => {
  expect(incidentId({ ...key, ...{ severity: 'critical' } })).toBe(incidentId(key));
});

test('a finding of a shared instance takes the names of its group: they lead to its partition, and make its id', () => {
  const finding = testFinding('token_stream', 'warning', 2);
  const group = { tenant: 'default', scope: 'instance', agent: 'model-server', operation: 'i-0a1' } as const;
  const own = ownFinding(group, finding);
  expect(own).toMatchObject({ agent: 'model-server', operation: 'i-0a1', signature: finding.signature });
  expect(own.incidentId).toBe(incidentId({ ...own, tenant: 'default' }));
  expect(own.incidentId).not.toBe(finding.incidentId);
  const same = { ...group, scope: 'operation', agent: finding.agent, operation: finding.operation } as const;
  expect(ownFinding(same, finding)).toBe(finding);
});

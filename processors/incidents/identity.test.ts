import { expect, test } from 'vitest';
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

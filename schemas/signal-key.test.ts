import { expect, it } from 'vitest';
import { signalKey, signalPartition } from './signal-key.ts';

const owner = { tenant: 'default', agent: 'researcher', operation: 'worker' };

it('never changes: another partition would part an incident from its state', () => {
  expect(signalKey(owner)).toBe('default\0researcher\0worker');
  expect([1, 4, 8, 1000].map((n) => signalPartition(owner, n))).toEqual(
    [1, 4, 8, 1000].map((n) => 1_064_151_647 % n),
  );
});

it('is the same for a name cut within a pair of surrogates and for what Avro makes of it', () => {
  const cut = { ...owner, agent: 'a\ud83d' };
  expect(signalPartition(cut, 997)).toBe(signalPartition({ ...owner, agent: cut.agent.toWellFormed() }, 997));
});

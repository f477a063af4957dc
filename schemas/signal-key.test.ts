import { expect, it } from 'vitest';
import { SignalPlaces, signalKey, signalPartition } from './signal-key.ts';

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

it('remembers places as they are, also of more owners than it keeps', () => {
  const places = new SignalPlaces(8);
  for (let round = 0; round < 2; round++)
    for (let i = 0; i < 9000; i++) {
      const each = { tenant: `t${i % 3}`, agent: `a${i % 7}`, operation: `o${i}` };
      const { key, partition } = places.of(each.tenant, each.agent, each.operation);
      if (key !== signalKey(each) || partition !== signalPartition(each, 8))
        expect({ key, partition }).toEqual({ key: signalKey(each), partition: signalPartition(each, 8) });
    }
  expect(places.of('t0', 'a0', 'o0')).toBe(places.of('t0', 'a0', 'o0'));
});

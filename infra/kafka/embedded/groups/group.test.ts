import { describe, expect, test } from 'vitest';
import { CODE } from '../wire/codes.ts';
import { GroupKit } from './testkit.ts';

const protocols = (...names: string[]) => names.map((name) => ({ name, metadata: Buffer.from(name) }));

describe('joining', () => {
  test('the first member leads, and gets everybody’s metadata; the others only their assignment', () => {
    const kit = new GroupKit();
    const [a, b] = kit.stable(2);
    expect(kit.joins.get(a)).toMatchObject({ code: CODE.NONE, leaderId: a, protocol: 'range' });
    expect(kit.joins.get(a)?.members.map(({ id }) => id)).toEqual([a, b]);
    expect(kit.joins.get(b)?.members).toEqual([]);
    expect(kit.syncs.get(a)?.assignment.toString()).toBe(`for ${a}`);
    expect(kit.syncs.get(b)?.assignment.toString()).toBe(`for ${b}`);
    expect(kit.group.state).toBe('Stable');
  });

  test('a second member waits for the first to join again', () => {
    const kit = new GroupKit();
    const [a] = kit.stable(1);
    const b = kit.joinNew();
    expect(kit.joins.has(b)).toBe(false);
    expect(kit.beat(a)).toBe(CODE.REBALANCE_IN_PROGRESS);
    kit.join(a);
    expect([kit.joins.get(a)?.generation, kit.joins.get(b)?.generation]).toEqual([2, 2]);
  });

  test('the barrier also waits for one that was told its id and has not come back', () => {
    const kit = new GroupKit();
    const [a] = kit.stable(1);
    const b = kit.joinNew();
    let told = '';
    kit.group.join({ ...REQUEST, memberId: '' }, ({ memberId }) => {
      told = memberId;
    });
    kit.join(a);
    expect(kit.joins.has(b)).toBe(false);
    kit.join(told);
    expect(kit.joins.get(b)?.generation).toBe(2);
    expect(kit.group.members.size).toBe(3);
  });

  test('one that never comes back is given up after its session', () => {
    const kit = new GroupKit();
    const b = kit.joinNew();
    kit.group.join({ ...REQUEST, memberId: '' }, () => undefined);
    kit.join(b, { protocols: protocols('range', 'other') });
    expect(kit.joins.has(b)).toBe(false);
    kit.timers.pass(10_000);
    expect(kit.joins.get(b)).toMatchObject({ code: CODE.NONE });
  });

  test('before JoinGroup 4 a member is let in without the detour', () => {
    const kit = new GroupKit();
    let id = '';
    kit.group.join({ ...REQUEST, memberId: '', requireId: false }, (answer) => {
      id = answer.memberId;
      expect(answer.code).toBe(CODE.NONE);
    });
    expect(kit.group.leaderId).toBe(id);
  });

  test('a follower of a stable group that joins again as it is gets its generation, without a rebalance', () => {
    const kit = new GroupKit();
    const [, b] = kit.stable(2);
    kit.join(b);
    expect(kit.joins.get(b)).toMatchObject({ code: CODE.NONE, generation: 2 });
    expect(kit.group.state).toBe('Stable');
  });

  test.each([
    ['its leader joins again', 0, {}],
    [
      'a follower has another subscription',
      1,
      { protocols: [{ name: 'range', metadata: Buffer.from('new') }] },
    ],
  ])('a stable group rebalances when %s', (_, index, options) => {
    const kit = new GroupKit();
    const ids = kit.stable(2);
    kit.join(ids[index], options);
    expect(kit.group.state).toBe('PreparingRebalance');
  });

  test('a lost answer can be asked for again while the leader has not assigned yet', () => {
    const kit = new GroupKit();
    const a = kit.joinNew();
    const generation = kit.joins.get(a)?.generation;
    kit.join(a);
    expect(kit.joins.get(a)?.generation).toBe(generation);
    expect(kit.joins.get(a)?.members).toHaveLength(1);
  });

  test('the protocol that most prefer, of those that all know', () => {
    const kit = new GroupKit();
    const a = kit.joinNew({ protocols: protocols('x', 'y', 'z') });
    const b = kit.joinNew({ protocols: protocols('y', 'z') });
    kit.join(a, { protocols: protocols('x', 'y', 'z') });
    expect(kit.joins.get(b)?.protocol).toBe('y');
  });

  test('members without a common protocol or of another type are refused', () => {
    const kit = new GroupKit();
    kit.stable(1);
    for (const options of [
      { protocols: protocols('sticky') },
      { protocolType: 'connect' },
      { protocols: [] },
    ]) {
      const refused = kit.joinNew(options);
      expect(kit.joins.get(refused)?.code).not.toBe(CODE.NONE);
    }
    expect(kit.group.members.size).toBe(1);
    expect(kit.group.state).toBe('Stable');
  });
});

describe('the barrier', () => {
  test('ends at the longest rebalance timeout without those that are missing', () => {
    const kit = new GroupKit();
    const [a, b] = kit.stable(2);
    const c = kit.joinNew();
    kit.join(b);
    // a is alive, it only does not join.
    for (let t = 0; t < 29_000; t += 1_000) {
      kit.timers.pass(1_000);
      expect(kit.beat(a)).toBe(CODE.REBALANCE_IN_PROGRESS);
    }
    expect(kit.joins.has(c)).toBe(false);
    kit.timers.pass(1_000);
    expect([...kit.group.members.keys()]).toEqual([b, c]);
    expect(kit.joins.get(b)).toMatchObject({ leaderId: b, generation: 3 });
    expect(kit.beat(a)).toBe(CODE.UNKNOWN_MEMBER_ID);
  });

  test('waiting at it is a sign of life, however long', () => {
    const kit = new GroupKit();
    const [a] = kit.stable(1);
    const b = kit.joinNew({ sessionTimeoutMs: 6_000 });
    for (let t = 0; t < 25_000; t += 5_000) {
      kit.timers.pass(5_000);
      kit.beat(a);
    }
    kit.join(a);
    expect(kit.joins.get(b)?.code).toBe(CODE.NONE);
  });

  test('a member that leaves meanwhile is not waited for', () => {
    const kit = new GroupKit();
    const [a] = kit.stable(1);
    const b = kit.joinNew();
    expect(kit.group.leave(a)).toBe(CODE.NONE);
    expect(kit.joins.get(b)).toMatchObject({ leaderId: b, generation: 2 });
  });

  test('a second request of a member answers its first', () => {
    const kit = new GroupKit();
    kit.stable(1);
    const b = kit.joinNew();
    let first = CODE.NONE as number;
    kit.group.join({ ...REQUEST, memberId: b }, ({ code }) => {
      first = code;
    });
    kit.join(b);
    expect(first).toBe(CODE.REBALANCE_IN_PROGRESS);
  });
});

describe('the assignment', () => {
  test('a follower waits for it; a member that joins meanwhile sends it back to the barrier', () => {
    const kit = new GroupKit();
    const a = kit.joinNew();
    const b = kit.joinNew();
    kit.join(a);
    kit.sync(b);
    expect(kit.syncs.has(b)).toBe(false);
    kit.joinNew();
    expect(kit.syncs.get(b)?.code).toBe(CODE.REBALANCE_IN_PROGRESS);
    kit.sync(a);
    expect(kit.syncs.get(a)?.code).toBe(CODE.REBALANCE_IN_PROGRESS);
  });

  test('a leader that beats but never assigns is out after the rebalance timeout', () => {
    const kit = new GroupKit();
    const a = kit.joinNew();
    const b = kit.joinNew();
    kit.join(a);
    kit.sync(b);
    for (let t = 0; t < 30_000; t += 5_000) {
      kit.timers.pass(5_000);
      kit.beat(a);
    }
    expect([...kit.group.members.keys()]).toEqual([b]);
    expect(kit.syncs.get(b)?.code).toBe(CODE.REBALANCE_IN_PROGRESS);
  });

  test('of a stable group can be asked for again', () => {
    const kit = new GroupKit();
    const [a] = kit.stable(1);
    kit.sync(a);
    expect(kit.syncs.get(a)?.assignment.toString()).toBe(`for ${a}`);
  });

  test('is for the generation that was joined', () => {
    const kit = new GroupKit();
    const [a] = kit.stable(1);
    kit.sync(a, kit.group.generation - 1);
    expect(kit.syncs.get(a)?.code).toBe(CODE.ILLEGAL_GENERATION);
    kit.sync('stranger', kit.group.generation);
    expect(kit.syncs.get('stranger')?.code).toBe(CODE.UNKNOWN_MEMBER_ID);
  });
});

describe('sessions', () => {
  test('a member that beats in time stays, one that does not is out and the rest rebalances', () => {
    const kit = new GroupKit();
    const [a, b] = kit.stable(2);
    for (let i = 0; i < 5; i++) {
      kit.timers.pass(9_999);
      expect([kit.beat(a), kit.beat(b)]).toEqual([CODE.NONE, CODE.NONE]);
    }
    kit.timers.pass(9_999);
    kit.beat(a);
    kit.timers.pass(1);
    expect([...kit.group.members.keys()]).toEqual([a]);
    expect(kit.beat(a)).toBe(CODE.REBALANCE_IN_PROGRESS);
    expect(kit.beat(b)).toBe(CODE.UNKNOWN_MEMBER_ID);
  });

  test('a commit is a sign of life, a fenced one is not', () => {
    const kit = new GroupKit();
    const [a] = kit.stable(1);
    kit.timers.pass(9_000);
    expect(kit.group.checkCommit(a, kit.group.generation)).toBe(CODE.NONE);
    kit.timers.pass(9_000);
    expect(kit.group.checkCommit(a, kit.group.generation - 1)).toBe(CODE.ILLEGAL_GENERATION);
    kit.timers.pass(1_000);
    expect(kit.group.state).toBe('Empty');
  });

  test('when all are gone the group is empty, keeps its generation and runs no timers', () => {
    const kit = new GroupKit();
    kit.stable(2);
    kit.timers.pass(60_000);
    expect(kit.group.state).toBe('Empty');
    expect(kit.timers.pending).toBe(0);
    const generation = kit.group.generation;
    kit.stable(1);
    expect(kit.group.generation).toBe(generation + 1);
  });
});

describe('commits', () => {
  test('go on while the others are awaited, and stop between join and assignment', () => {
    const kit = new GroupKit();
    const [a] = kit.stable(1);
    kit.joinNew();
    expect(kit.group.checkCommit(a, kit.group.generation)).toBe(CODE.NONE);
    kit.join(a);
    expect(kit.group.checkCommit(a, kit.group.generation)).toBe(CODE.REBALANCE_IN_PROGRESS);
  });

  test('from outside are for groups without members', () => {
    const kit = new GroupKit();
    expect(kit.group.checkCommit('', -1)).toBe(CODE.NONE);
    kit.stable(1);
    expect(kit.group.checkCommit('', -1)).toBe(CODE.UNKNOWN_MEMBER_ID);
  });
});

const REQUEST = {
  clientId: 'client',
  clientHost: '/127.0.0.1',
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 30_000,
  protocolType: 'consumer',
  protocols: protocols('range'),
  requireId: true,
};

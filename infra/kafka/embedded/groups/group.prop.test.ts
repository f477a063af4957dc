import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CODE } from '../wire/codes.ts';
import { GroupKit } from './testkit.ts';

/** What may happen to a group, in any order; members are picked by a number. */
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('new' as const), member: fc.nat(7) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('join', 'sync', 'beat', 'leave' as const),
      member: fc.nat(7),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('time' as const), member: fc.nat(20_000) }) },
);

test('whatever happens, nobody is forgotten and a generation has one leader', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const kit = new GroupKit();
      const ids: string[] = [];
      const leaders = new Map<number, string>();
      for (const { kind, member } of steps) {
        const id = ids[member % Math.max(ids.length, 1)] ?? '';
        if (kind === 'new') ids.push(kit.joinNew());
        else if (kind === 'time') kit.timers.pass(member);
        else if (id === '') continue;
        else if (kind === 'join') kit.join(id);
        else if (kind === 'sync') kit.sync(id);
        else if (kind === 'beat') kit.beat(id);
        else kit.group.leave(id);
        for (const { code, generation, leaderId } of kit.joins.values()) {
          if (code !== CODE.NONE) continue;
          expect(leaders.get(generation) ?? leaderId).toBe(leaderId);
          leaders.set(generation, leaderId);
        }
        expectSound(kit);
      }
      // Silence: every session and barrier ends, everybody who waits is answered.
      kit.timers.pass(1_000_000);
      expect(kit.group.state).toBe('Empty');
      expect(kit.group.members.size).toBe(0);
      expect(kit.timers.pending).toBe(0);
      for (const id of ids) expect(kit.joins.has(id)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

function expectSound({ group, timers }: GroupKit): void {
  const members = [...group.members.values()];
  if (group.state === 'Empty') expect(members).toEqual([]);
  if (group.state === 'Stable' || group.state === 'CompletingRebalance') {
    expect(group.members.has(group.leaderId)).toBe(true);
    expect(members.some(({ joining }) => joining)).toBe(false);
  }
  if (group.state === 'Stable') expect(members.some(({ syncing }) => syncing)).toBe(false);
  if (members.length > 0) expect(timers.pending).toBeGreaterThan(0);
}

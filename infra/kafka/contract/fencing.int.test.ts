import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CODE } from '../embedded/wire/codes.ts';
import {
  createTopic,
  kafkaOf,
  openBroker,
  rawClient,
  type TestBroker,
  uniqueName,
  until,
} from './harness.ts';
import type { RawClient } from './raw-client.ts';
import { commit, committed, heartbeat, type Joined, join, joinNew, leave, sync } from './raw-group.ts';

let broker: TestBroker;
let topic: string;
const clients: RawClient[] = [];

beforeAll(async () => {
  broker = await openBroker();
  topic = await createTopic(kafkaOf(broker));
});

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

afterAll(async () => {
  await broker?.close();
});

async function connect(): Promise<RawClient> {
  const client = await rawClient(broker);
  clients.push(client);
  return client;
}

/** A stable group of one. */
async function alone(): Promise<{ client: RawClient; group: string; member: Joined }> {
  const client = await connect();
  const group = uniqueName('group');
  const member = await joinNew(client, group);
  await sync(client, group, member, { [member.memberId]: 'all' });
  return { client, group, member };
}

describe('join', () => {
  test('a new member is told its id first, then it leads a group of one', async () => {
    const client = await connect();
    const group = uniqueName('group');
    const told = await join(client, group, '');
    expect(told.code).toBe(CODE.MEMBER_ID_REQUIRED);
    expect(told.memberId).toMatch(/^contract-./);
    const member = await join(client, group, told.memberId);
    expect(member).toMatchObject({
      code: CODE.NONE,
      generation: 1,
      leader: told.memberId,
      members: [told.memberId],
    });
    expect(await sync(client, group, member, { [member.memberId]: 'mine' })).toEqual({
      code: CODE.NONE,
      assignment: 'mine',
    });
  });

  test.each([
    ['an id that nobody gave', { id: 'made-up', sessionMs: 10_000 }, CODE.UNKNOWN_MEMBER_ID],
    ['a session below 6 s', { id: '', sessionMs: 5_999 }, CODE.INVALID_SESSION_TIMEOUT],
    ['a session above 30 min', { id: '', sessionMs: 1_800_001 }, CODE.INVALID_SESSION_TIMEOUT],
  ])('%s is refused', async (_, { id, ...options }, code) => {
    expect((await join(await connect(), uniqueName('group'), id, options)).code).toBe(code);
  });

  test('a group without a name is refused', async () => {
    expect((await join(await connect(), '', '')).code).toBe(CODE.INVALID_GROUP_ID);
  });

  test('a member that speaks none of the group’s protocols is refused', async () => {
    const { group } = await alone();
    const other = await join(await connect(), group, '', { protocol: 'sticky' });
    expect(other.code).toBe(CODE.INCONSISTENT_GROUP_PROTOCOL);
  });
});

describe('a rebalance', () => {
  test('is announced by the heartbeat; whoever joins again has the next generation, and only the leader the members', async () => {
    const { client, group, member } = await alone();
    const other = await connect();
    const joining = joinNew(other, group);
    await until(
      'the heartbeat says so',
      async () => (await heartbeat(client, group, member)) === CODE.REBALANCE_IN_PROGRESS,
    );
    const again = await join(client, group, member.memberId);
    const second = await joining;
    expect([again.generation, second.generation]).toEqual([2, 2]);
    expect(again.leader).toBe(member.memberId);
    expect(again.members.toSorted()).toEqual([member.memberId, second.memberId].sort());
    expect(second.members).toEqual([]);
    // The follower waits for the leader's assignment.
    const follower = sync(other, group, second);
    expect(await sync(client, group, again, { [again.memberId]: 'a', [second.memberId]: 'b' })).toEqual({
      code: CODE.NONE,
      assignment: 'a',
    });
    expect(await follower).toEqual({ code: CODE.NONE, assignment: 'b' });
    expect(await heartbeat(other, group, second)).toBe(CODE.NONE);
  });

  test('goes on without a member that does not join again within its rebalance timeout', async () => {
    const client = await connect();
    const group = uniqueName('group');
    const slow = await joinNew(client, group, { rebalanceMs: 1_000 });
    await sync(client, group, slow, { [slow.memberId]: 'all' });
    const other = await joinNew(await connect(), group, { rebalanceMs: 1_000 });
    expect(other).toMatchObject({
      code: CODE.NONE,
      generation: 2,
      leader: other.memberId,
      members: [other.memberId],
    });
    expect(await heartbeat(client, group, slow)).toBe(CODE.UNKNOWN_MEMBER_ID);
  });

  test('a member that leaves lets the others go on', async () => {
    const { client, group, member } = await alone();
    const other = await connect();
    const joining = joinNew(other, group);
    await until(
      'the rebalance has begun',
      async () => (await heartbeat(client, group, member)) !== CODE.NONE,
    );
    expect(await leave(client, group, member.memberId)).toBe(CODE.NONE);
    expect(await joining).toMatchObject({ code: CODE.NONE, generation: 2 });
    expect(await leave(client, group, member.memberId)).toBe(CODE.UNKNOWN_MEMBER_ID);
  });
});

describe('fencing', () => {
  test('an old generation can neither beat nor commit, nor can a stranger', async () => {
    const { client, group, member } = await alone();
    const old = { ...member, generation: member.generation - 1 };
    const stranger = { ...member, memberId: 'stranger' };
    expect(await heartbeat(client, group, old)).toBe(CODE.ILLEGAL_GENERATION);
    expect(await heartbeat(client, group, stranger)).toBe(CODE.UNKNOWN_MEMBER_ID);
    expect((await sync(client, group, old)).code).toBe(CODE.ILLEGAL_GENERATION);
    expect(await commit(client, group, old, topic, 5)).toBe(CODE.ILLEGAL_GENERATION);
    expect(await commit(client, group, stranger, topic, 5)).toBe(CODE.UNKNOWN_MEMBER_ID);
    expect((await committed(client, group, topic)).offset).toBe(-1);
    expect(await commit(client, group, member, topic, 5)).toBe(CODE.NONE);
    await until('it is committed', async () => (await committed(client, group, topic)).offset === 5);
  });

  test('a client outside the group cannot commit while it has members', async () => {
    const { client, group } = await alone();
    const outside = { memberId: '', generation: -1 };
    expect(await commit(client, group, outside, topic, 5)).toBe(CODE.UNKNOWN_MEMBER_ID);
  });

  test('the generation of a group that is not there is illegal', async () => {
    const client = await connect();
    const ghost = { memberId: 'ghost', generation: 3 };
    expect(await commit(client, uniqueName('group'), ghost, topic, 5)).toBe(CODE.ILLEGAL_GENERATION);
    expect(await heartbeat(client, uniqueName('group'), ghost)).toBe(CODE.UNKNOWN_MEMBER_ID);
  });

  test('a member whose session has expired is unknown', async () => {
    const client = await connect();
    const group = uniqueName('group');
    const member = await joinNew(client, group, { sessionMs: 6_000 });
    await sync(client, group, member, { [member.memberId]: 'all' });
    const admin = kafkaOf(broker).admin();
    await until(
      'the group is empty',
      async () => (await admin.describeGroups([group])).groups[0].state === 'Empty',
    );
    await admin.disconnect();
    expect(await heartbeat(client, group, member)).toBe(CODE.UNKNOWN_MEMBER_ID);
    expect(await commit(client, group, member, topic, 1)).toBe(CODE.UNKNOWN_MEMBER_ID);
  });
});

describe('committed offsets', () => {
  test('carry metadata of up to 4096 bytes', async () => {
    const { client, group, member } = await alone();
    const metadata = JSON.stringify({ floor: 7, done: 9, note: 'm'.repeat(4000) });
    expect(await commit(client, group, member, topic, 7, { metadata })).toBe(CODE.NONE);
    await until('it is committed', async () => (await committed(client, group, topic)).metadata === metadata);
    const tooLong = { metadata: 'm'.repeat(4097) };
    expect(await commit(client, group, member, topic, 8, tooLong)).toBe(CODE.OFFSET_METADATA_TOO_LARGE);
    expect((await committed(client, group, topic)).offset).toBe(7);
  });

  test('of an empty group can be set from outside', async () => {
    const client = await connect();
    const group = uniqueName('group');
    const outside = { memberId: '', generation: -1 };
    expect(await commit(client, group, outside, topic, 3, { metadata: 'set' })).toBe(CODE.NONE);
    await until('it is set', async () => (await committed(client, group, topic)).offset === 3);
  });

  test('of a deleted topic are forgotten', async () => {
    const kafka = kafkaOf(broker);
    const gone = await createTopic(kafka);
    const client = await connect();
    const group = uniqueName('group');
    await commit(client, group, { memberId: '', generation: -1 }, gone, 3);
    await until('it is set', async () => (await committed(client, group, gone)).offset === 3);
    const admin = kafka.admin();
    await admin.deleteTopics({ topics: [gone] });
    await admin.disconnect();
    await until('it is forgotten', async () => (await committed(client, group, gone)).offset === -1);
  });
});

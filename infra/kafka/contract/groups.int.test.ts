import { AssignerProtocol, type Kafka } from 'kafkajs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Member, startMember } from './consume.ts';
import {
  createTopic,
  kafkaOf,
  openBroker,
  producerOf,
  rawClient,
  type TestBroker,
  uniqueName,
  until,
} from './harness.ts';
import { joinNew, sync } from './raw-group.ts';

const PARTITIONS = 6;

let broker: TestBroker;
let kafka: Kafka;
const members: Member[] = [];

beforeAll(async () => {
  broker = await openBroker();
  kafka = kafkaOf(broker);
});

afterEach(async () => {
  for (const { consumer } of members.splice(0)) await consumer.disconnect();
});

afterAll(async () => {
  await broker?.close();
});

async function start(group: string, topic: string): Promise<Member> {
  const member = await startMember(kafka, group, topic);
  members.push(member);
  return member;
}

/** Waits until these members share the partitions, each partition with exactly one of them. */
function shared(among: readonly Member[]): Promise<boolean> {
  return until('the partitions are shared out', () => {
    const all = among.flatMap(({ assigned }) => assigned).sort();
    return (
      all.join() === '0,1,2,3,4,5' &&
      among.every(({ assigned }) => assigned.length === PARTITIONS / among.length)
    );
  });
}

/** Produces 60 records and waits until the members have read them; each must go to one of them, once. */
async function exactlyOnce(topic: string, among: readonly Member[]): Promise<void> {
  const before = among.map(({ seen }) => seen.length);
  const producer = await producerOf(kafka);
  const messages = Array.from({ length: 60 }, (_, i) => ({ partition: i % PARTITIONS, value: `${i}` }));
  const acks = await producer.send({ topic, messages });
  await producer.disconnect();
  const expected = acks.flatMap(({ partition, baseOffset }) =>
    Array.from({ length: 10 }, (_, i) => `${partition}:${Number(baseOffset) + i}`),
  );
  const fresh = () => among.flatMap(({ seen }, i) => seen.slice(before[i]));
  await until('the records are read', () => new Set(fresh()).size >= expected.length);
  expect(fresh().sort()).toEqual(expected.sort());
}

test('a member alone has every partition and reads every record once', async () => {
  const topic = await createTopic(kafka, PARTITIONS);
  const only = await start(uniqueName('group'), topic);
  await shared([only]);
  await exactlyOnce(topic, [only]);
});

test('two members, then three, then two again: every record goes to exactly one of a generation', async () => {
  const topic = await createTopic(kafka, PARTITIONS);
  const group = uniqueName('group');
  const first = await start(group, topic);
  const second = await start(group, topic);
  await shared([first, second]);
  await exactlyOnce(topic, [first, second]);

  const third = await start(group, topic);
  await shared([first, second, third]);
  await exactlyOnce(topic, [first, second, third]);

  const admin = kafka.admin();
  const { groups } = await admin.describeGroups([group]);
  await admin.disconnect();
  expect(groups[0]).toMatchObject({ groupId: group, state: 'Stable', protocolType: 'consumer' });
  const assigned = groups[0].members.flatMap(
    ({ memberAssignment }) =>
      AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment[topic] ?? [],
  );
  expect(assigned.sort()).toEqual([0, 1, 2, 3, 4, 5]);

  await second.consumer.disconnect();
  await shared([first, third]);
  await exactlyOnce(topic, [first, third]);
});

test('members that start at the same time share the partitions', async () => {
  const topic = await createTopic(kafka, PARTITIONS);
  const group = uniqueName('group');
  const among = await Promise.all([start(group, topic), start(group, topic), start(group, topic)]);
  await shared(among);
  await exactlyOnce(topic, among);
});

test('the partitions of a member that is gone without leaving go to the others when its session expires', async () => {
  const topic = await createTopic(kafka, PARTITIONS);
  const group = uniqueName('group');
  // A member by hand, since a kafkajs consumer cannot be stopped without its leaving.
  const client = await rawClient(broker);
  const ghost = await joinNew(client, group, {
    sessionMs: 6_000,
    protocol: 'RoundRobinAssigner',
    protocolType: 'consumer',
    metadata: AssignerProtocol.MemberMetadata.encode({
      version: 0,
      topics: [topic],
      userData: Buffer.alloc(0),
    }),
  });
  const all = { version: 0, assignment: { [topic]: [0, 1, 2, 3, 4, 5] }, userData: Buffer.alloc(0) };
  await sync(client, group, ghost, { [ghost.memberId]: AssignerProtocol.MemberAssignment.encode(all) });
  const survivor = start(group, topic); // its first join waits for the ghost at the barrier
  client.close();
  await shared([await survivor]);
  await exactlyOnce(topic, [await survivor]);
});

test('two groups read the same records, each on its own', async () => {
  const topic = await createTopic(kafka, PARTITIONS);
  const one = await start(uniqueName('group'), topic);
  const other = await start(uniqueName('group'), topic);
  await shared([one]);
  await shared([other]);
  await exactlyOnce(topic, [one]);
  await until('the other has read them too', () => other.seen.length === 60);
});

test('a group is listed, and after its last member has left it is empty', async () => {
  const topic = await createTopic(kafka, PARTITIONS);
  const group = uniqueName('group');
  const member = await start(group, topic);
  await shared([member]);
  await exactlyOnce(topic, [member]);
  const admin = kafka.admin();
  expect((await admin.listGroups()).groups).toContainEqual({ groupId: group, protocolType: 'consumer' });
  await member.consumer.disconnect();
  await until(
    'the group is empty',
    async () => (await admin.describeGroups([group])).groups[0].state === 'Empty',
  );
  expect((await admin.describeGroups([uniqueName('none')])).groups[0]).toMatchObject({
    state: 'Dead',
    members: [],
  });
  await admin.disconnect();
});

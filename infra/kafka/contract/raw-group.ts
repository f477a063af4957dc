/** A member of a consumer group by hand: every request of the group protocol, one at a time. */
import type { RawClient } from './raw-client.ts';

export interface Joined {
  readonly code: number;
  readonly generation: number;
  readonly leader: string;
  readonly memberId: string;
  readonly members: readonly string[];
}

export interface JoinOptions {
  readonly sessionMs?: number;
  readonly rebalanceMs?: number;
  readonly protocol?: string;
  /** Kafka 4 reads what members of the type `consumer` say; of other types it is opaque. */
  readonly protocolType?: string;
  readonly metadata?: Buffer;
}

/** JoinGroup v5. */
export async function join(
  client: RawClient,
  group: string,
  memberId: string,
  options: JoinOptions = {},
): Promise<Joined> {
  const { sessionMs = 10_000, rebalanceMs = 10_000, protocol = 'range' } = options;
  const { protocolType = 'contract', metadata = Buffer.from('subscription') } = options;
  const body = await client.request(11, 5, (out) => {
    out.string(group).int32(sessionMs).int32(rebalanceMs).string(memberId).string(null).string(protocolType);
    out.array([protocol], (name) => out.string(name).bytes(metadata));
  });
  body.int32(); // throttle time
  const code = body.int16();
  const generation = body.int32();
  body.nullableString(); // protocol
  const leader = body.string();
  const id = body.string();
  const members = body.array(() => {
    const member = body.string();
    body.nullableString();
    body.bytes();
    return member;
  });
  return { code, generation, leader, memberId: id, members };
}

/** Joins as kafkajs does: asks for an id, then joins with it. */
export async function joinNew(client: RawClient, group: string, options?: JoinOptions): Promise<Joined> {
  const { memberId } = await join(client, group, '', options);
  return join(client, group, memberId, options);
}

/** SyncGroup v3; assignments by member id, from the leader only. */
export async function sync(
  client: RawClient,
  group: string,
  { memberId, generation }: { memberId: string; generation: number },
  assignments: Readonly<Record<string, string | Buffer>> = {},
): Promise<{ code: number; assignment: string }> {
  const body = await client.request(14, 3, (out) => {
    out.string(group).int32(generation).string(memberId).string(null);
    out.array(Object.entries(assignments), ([id, given]) => out.string(id).bytes(Buffer.from(given)));
  });
  body.int32();
  return { code: body.int16(), assignment: (body.nullableBytes() ?? Buffer.alloc(0)).toString() };
}

/** Heartbeat v3. */
export async function heartbeat(
  client: RawClient,
  group: string,
  { memberId, generation }: { memberId: string; generation: number },
): Promise<number> {
  const body = await client.request(12, 3, (out) => {
    out.string(group).int32(generation).string(memberId).string(null);
  });
  body.int32();
  return body.int16();
}

/** LeaveGroup v3; the code of the member. */
export async function leave(client: RawClient, group: string, memberId: string): Promise<number> {
  const body = await client.request(13, 3, (out) => {
    out.string(group).array([memberId], (id) => out.string(id).string(null));
  });
  body.int32();
  const overall = body.int16();
  const codes = body.array(() => {
    body.string();
    body.nullableString();
    return body.int16();
  });
  return codes[0] ?? overall;
}

/** OffsetCommit v5 of one partition. */
export async function commit(
  client: RawClient,
  group: string,
  { memberId, generation }: { memberId: string; generation: number },
  topic: string,
  offset: number,
  { metadata = '', partition = 0 } = {},
): Promise<number> {
  const body = await client.request(8, 5, (out) => {
    out.string(group).int32(generation).string(memberId);
    out.array([topic], (name) => {
      out.string(name).array([partition], (index) => out.int32(index).int64(offset).string(metadata));
    });
  });
  body.int32();
  body.int32();
  body.string();
  body.int32();
  body.int32();
  return body.int16();
}

/** OffsetFetch v4 of one partition; -1 when nothing is committed. */
export async function committed(
  client: RawClient,
  group: string,
  topic: string,
): Promise<{ offset: number; metadata: string | null }> {
  const body = await client.request(9, 4, (out) => {
    out.string(group).array([topic], (name) => out.string(name).array([0], (index) => out.int32(index)));
  });
  body.int32();
  body.int32();
  body.string();
  body.int32();
  body.int32();
  return { offset: body.int64(), metadata: body.nullableString() };
}

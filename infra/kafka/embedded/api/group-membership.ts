import { CODE, type Code } from '../wire/codes.ts';
import type { Api } from './api.ts';

export const joinGroup: Api = {
  name: 'JoinGroup',
  key: 11,
  min: 0,
  max: 5,
  handle({ broker, body, version, clientId, clientHost }) {
    const groupId = body.string();
    const sessionTimeoutMs = body.int32();
    const rebalanceTimeoutMs = version >= 1 ? body.int32() : sessionTimeoutMs;
    const memberId = body.string();
    if (version >= 5) body.nullableString(); // group instance id: static members join as dynamic ones
    const protocolType = body.string();
    const protocols = body.array(() => ({ name: body.string(), metadata: copy(body.bytes()) }));
    if (body.failed) return 'malformed';
    const request = {
      memberId,
      clientId,
      clientHost,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      protocolType,
      protocols,
      requireId: version >= 4,
    };
    return broker.coordinator.join(groupId, request).then((answer) => (out) => {
      if (version >= 2) out.int32(0); // throttle time
      out.int16(answer.code).int32(answer.generation).string(answer.protocol);
      out.string(answer.leaderId).string(answer.memberId);
      out.array(answer.members, ({ id, metadata }) => {
        out.string(id);
        if (version >= 5) out.string(null); // group instance id
        out.bytes(metadata);
      });
    });
  },
};

export const syncGroup: Api = {
  name: 'SyncGroup',
  key: 14,
  min: 0,
  max: 3,
  handle({ broker, body, version }) {
    const groupId = body.string();
    const generation = body.int32();
    const memberId = body.string();
    if (version >= 3) body.nullableString(); // group instance id
    const assignments = body.array(() => ({ memberId: body.string(), assignment: copy(body.bytes()) }));
    if (body.failed) return 'malformed';
    return broker.coordinator.sync(groupId, { memberId, generation, assignments }).then((answer) => (out) => {
      if (version >= 1) out.int32(0); // throttle time
      out.int16(answer.code).bytes(answer.assignment);
    });
  },
};

export const heartbeat: Api = {
  name: 'Heartbeat',
  key: 12,
  min: 0,
  max: 3,
  handle({ broker, body, version }) {
    const groupId = body.string();
    const generation = body.int32();
    const memberId = body.string();
    if (version >= 3) body.nullableString(); // group instance id
    if (body.failed) return 'malformed';
    const code = broker.coordinator.heartbeat(groupId, memberId, generation);
    return (out) => {
      if (version >= 1) out.int32(0); // throttle time
      out.int16(code);
    };
  },
};

export const leaveGroup: Api = {
  name: 'LeaveGroup',
  key: 13,
  min: 0,
  max: 3,
  handle({ broker, body, version }) {
    const groupId = body.string();
    const readMember = () => {
      const id = body.string();
      return { id, instance: version >= 3 ? body.nullableString() : null };
    };
    const leaving = version >= 3 ? body.array(readMember) : [readMember()];
    if (body.failed) return 'malformed';
    const members = leaving.map(({ id, instance }) => ({
      id,
      instance,
      code: broker.coordinator.leave(groupId, id),
    }));
    const overall: Code = version >= 3 ? CODE.NONE : members[0].code;
    return (out) => {
      if (version >= 1) out.int32(0); // throttle time
      out.int16(overall);
      if (version >= 3) {
        out.array(members, ({ id, instance, code }) => out.string(id).string(instance).int16(code));
      }
    };
  },
};

/** Out of the request's buffer, which it would otherwise keep alive for as long as the member lives. */
function copy(bytes: Buffer): Buffer {
  return Buffer.from(bytes);
}

import { NODE_ID } from '../broker.ts';
import { NO_BYTES } from '../groups/member.ts';
import { CODE } from '../wire/codes.ts';
import type { Api } from './api.ts';

export const findCoordinator: Api = {
  name: 'FindCoordinator',
  key: 10,
  min: 0,
  max: 2,
  handle({ broker, body, version }) {
    body.string(); // the group
    const type = version >= 1 ? body.int8() : 0;
    if (body.failed) return 'malformed';
    return (out) => {
      if (version >= 1) out.int32(0); // throttle time
      out.int16(type === 0 ? CODE.NONE : CODE.INVALID_REQUEST);
      if (version >= 1) out.string(type === 0 ? null : 'the embedded broker has no transactions');
      out
        .int32(type === 0 ? NODE_ID : -1)
        .string(type === 0 ? broker.host : '')
        .int32(type === 0 ? broker.port : -1);
    };
  },
};

export const listGroups: Api = {
  name: 'ListGroups',
  key: 16,
  min: 0,
  max: 2,
  handle:
    ({ broker, version }) =>
    (out) => {
      if (version >= 1) out.int32(0); // throttle time
      out.int16(CODE.NONE);
      out.array(broker.coordinator.list(), ({ id, protocolType }) => out.string(id).string(protocolType));
    },
};

export const describeGroups: Api = {
  name: 'DescribeGroups',
  key: 15,
  min: 0,
  max: 2,
  handle({ broker, body, version }) {
    const ids = body.array(() => body.string());
    if (body.failed) return 'malformed';
    return (out) => {
      if (version >= 1) out.int32(0); // throttle time
      out.array(ids, (id) => {
        const group = broker.coordinator.get(id);
        const absent = broker.coordinator.has(id) ? 'Empty' : 'Dead';
        const stable = group?.state === 'Stable';
        out
          .int16(CODE.NONE)
          .string(id)
          .string(group?.state ?? absent);
        out.string(group?.protocolType ?? '').string(stable ? group.protocol : '');
        out.array([...(group?.members.values() ?? [])], (member) => {
          out.string(member.id).string(member.clientId).string(member.clientHost);
          const metadata = member.protocols.find(({ name }) => name === group?.protocol)?.metadata;
          out.bytes(stable ? (metadata ?? NO_BYTES) : NO_BYTES).bytes(stable ? member.assignment : NO_BYTES);
        });
      });
    };
  },
};

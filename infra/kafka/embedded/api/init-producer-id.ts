import { CODE, type Code } from '../wire/codes.ts';
import type { Api } from './api.ts';

export const initProducerId: Api = {
  name: 'InitProducerId',
  key: 22,
  min: 0,
  max: 1,
  handle({ broker, body }) {
    const transactionalId = body.nullableString();
    body.int32(); // transaction timeout
    if (body.failed) return 'malformed';
    const refused = (code: Code) => ({ code, id: -1 });
    const { code, id } =
      transactionalId === null
        ? broker.storing(() => ({ code: CODE.NONE as Code, id: broker.producerIds.next() }), refused)
        : refused(CODE.INVALID_REQUEST); // no transactions here
    return (out) => {
      out
        .int32(0)
        .int16(code)
        .int64(id)
        .int16(code === CODE.NONE ? 0 : -1);
    };
  },
};

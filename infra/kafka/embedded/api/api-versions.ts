import { CODE, type Code } from '../wire/codes.ts';
import type { Writer } from '../wire/writer.ts';
import type { Api } from './api.ts';

/** The ApiVersions API: which of `apis` this broker speaks, itself among them. */
export function apiVersionsApi(apis: readonly Api[]): Api {
  const self: Api = {
    name: 'ApiVersions',
    key: 18,
    min: 0,
    max: 2,
    handle:
      ({ version }) =>
      (out) =>
        writeApiVersions(out, [...apis, self], version, CODE.NONE),
  };
  return self;
}

/** Writes the table in the form of `version`; an answer of UNSUPPORTED_VERSION has that of version 0. */
export function writeApiVersions(out: Writer, apis: readonly Api[], version: number, code: Code): void {
  out.int16(code);
  out.array(apis, ({ key, min, max, advertisedMin }) => {
    out
      .int16(key)
      .int16(advertisedMin ?? min)
      .int16(max);
  });
  if (version >= 1) out.int32(0); // throttle time
}

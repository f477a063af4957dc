/** For tests: content put into every place of an OTLP message where it can hide. */
import { lengthEnd, next, skip, tag } from './wire.ts';
import { ProtoWriter } from './write.ts';

/** A message type: its nested messages by tag, and tags of its fields that are no bytes. */
interface Shape {
  readonly nested: Readonly<Record<number, Shape>>;
  readonly numbers: readonly number[];
}

const anyValue: Shape = { nested: {}, numbers: [0x10, 0x18, 0x21] };
const keyValue: Shape = { nested: { 18: anyValue }, numbers: [] };
const resource: Shape = { nested: { 10: keyValue }, numbers: [0x10] };
const scope: Shape = { nested: { 26: keyValue }, numbers: [0x20] };
const event: Shape = { nested: { 26: keyValue }, numbers: [0x09, 0x20] };
const link: Shape = { nested: { 34: keyValue }, numbers: [0x28, 0x35] };
const status: Shape = { nested: {}, numbers: [0x18] };
const span: Shape = {
  nested: { 74: keyValue, 90: event, 106: link, 122: status },
  numbers: [0x30, 0x39, 0x41, 0x50, 0x60, 0x70, 0x85],
};
const scopeSpans: Shape = { nested: { 10: scope, 18: span }, numbers: [] };
const resourceSpans: Shape = { nested: { 10: resource, 18: scopeSpans }, numbers: [] };
const tracesData: Shape = { nested: { 10: resourceSpans }, numbers: [] };

/** The groups by resource and scope of any signal. */
const groupsOf = (member: Shape): Shape => {
  const scopes: Shape = { nested: { 10: scope, 18: member }, numbers: [] };
  return { nested: { 10: { nested: { 10: resource, 18: scopes }, numbers: [] } }, numbers: [] };
};
const exemplar: Shape = { nested: { 58: keyValue }, numbers: [0x11, 0x19, 0x31] };
const pointsOf = (attributes: number, exemplars: number, numbers: readonly number[], nested = {}): Shape => {
  const point = { nested: { [attributes]: keyValue, [exemplars]: exemplar, ...nested }, numbers };
  return { nested: { 10: point }, numbers: [0x10, 0x18] };
};
const numberPoints = pointsOf(58, 42, [0x11, 0x19, 0x21, 0x31, 0x40]);
const buckets: Shape = { nested: {}, numbers: [0x08] };
const metric: Shape = {
  nested: {
    42: numberPoints,
    58: numberPoints,
    74: pointsOf(74, 66, [0x11, 0x19, 0x21, 0x29, 0x50, 0x59, 0x61]),
    82: pointsOf(10, 90, [0x11, 0x19, 0x21, 0x29, 0x30, 0x39, 0x50, 0x61, 0x69, 0x71], {
      66: buckets,
      74: buckets,
    }),
    90: pointsOf(58, 1000, [0x11, 0x19, 0x21, 0x29, 0x40], { 50: { nested: {}, numbers: [0x09, 0x11] } }),
    98: keyValue,
  },
  numbers: [],
};
const logRecord: Shape = { nested: { 42: anyValue, 50: keyValue }, numbers: [0x09, 0x10, 0x38, 0x45, 0x59] };

const POISONABLE = {
  traces: tracesData,
  metrics: groupsOf(metric),
  logs: groupsOf(logRecord),
} as const;

/**
 * Puts `canary` into messages of a well-formed export: as unknown fields, as known fields of a wrong wire type, before
 * and behind the rest. `here` says of each message in turn whether it is done to.
 */
export function poison(
  otlp: Uint8Array,
  canary: string,
  here: () => boolean,
  signal: keyof typeof POISONABLE = 'traces',
): Uint8Array {
  const w = new ProtoWriter();
  const hide = (shape: Shape) => {
    w.string((1000 << 3) | 2, canary);
    w.string((31 << 3) | 2, canary);
    for (const number of shape.numbers) w.string((number & ~7) | 2, canary);
  };
  const copy = (from: number, end: number, shape: Shape): void => {
    const done = here();
    if (done) hide(shape);
    for (let p = from; p < end; ) {
      const start = p;
      const field = tag(otlp, p, end);
      const inner = shape.nested[field];
      if (inner === undefined) {
        p = skip(otlp, next, end, field);
        w.raw(otlp.subarray(start, p));
      } else {
        p = lengthEnd(otlp, next, end);
        const content = next;
        const until = p;
        w.message(field, () => copy(content, until, inner));
      }
    }
    if (done) hide(shape);
  };
  copy(0, otlp.length, POISONABLE[signal]);
  return w.finish();
}

/** One letter in full. */
import { size } from '#infra/format.ts';
import { decode } from '#schemas/codec.ts';
import { SpanColumns } from '#schemas/otlp/columns.ts';
import { skimSpans } from '#schemas/otlp/skim.ts';
import { printable } from '../incidents/line.ts';
import { timeText } from '../replay/time.ts';
import { type LetterWithValue, sourceOf } from './letters.ts';

const HEX_BYTES = 512;
const COLUMNS = 16;

export function showLines(letter: LetterWithValue, replayed: ReadonlySet<string>): string[] {
  const { source, value, key } = letter;
  const rows: [string, string][] = [
    ['record', `${source.topic} ${source.partition}-${source.offset}`],
    ['its time', source.at < 0 ? '' : `${timeText(source.at)} UTC`],
    ['put aside', `${timeText(letter.at)} UTC`],
    ['by', letter.group],
    ['step', letter.step],
    ['reason', letter.reason],
    ['put back', replayed.has(sourceOf(letter)) ? 'yes' : ''],
    ['failed after', letter.replays > 0 ? `${letter.replays} replays` : ''],
    ['key', key === null ? '' : keyText(key)],
    ...Object.entries(letter.details),
    ['size', value === null ? 'no bytes: they were not kept' : size(value.length)],
  ];
  const lines = rows
    .filter(([, text]) => text !== '')
    .map(([name, text]) => `${name.padEnd(12)}  ${printable(text)}`);
  if (value === null) return lines;
  return [...lines, '', ...decodedLines(value), '', ...hexLines(value)];
}

const keyText = (key: Buffer) =>
  /^[\x20-\x7e]*$/.test(key.toString('latin1')) ? key.toString() : key.toString('hex');

function decodedLines(value: Buffer): string[] {
  const decoded = decode(value);
  if (!decoded.ok) return [`not decodable: ${printable(decoded.reason)}`];
  const shown = (_name: string, field: unknown): unknown => {
    if (typeof field === 'bigint') return String(field);
    if (
      typeof field === 'object' &&
      field !== null &&
      'type' in field &&
      field.type === 'Buffer' &&
      'data' in field
    )
      return `<${(field.data as unknown[]).length} bytes>`;
    return field;
  };
  const json = JSON.stringify(decoded.value, shown, 2).split('\n').map(printable);
  const spans = decoded.name === 'SpanBatch' ? [spansText(decoded.value.otlp)] : [];
  return [decoded.name, ...json, ...spans];
}

function spansText(otlp: Uint8Array): string {
  const columns = new SpanColumns(16);
  const skimmed = skimSpans(otlp, columns);
  return skimmed.ok
    ? `its OTLP bytes hold ${columns.n} spans`
    : `its OTLP bytes are wrong: ${skimmed.reason}`;
}

/** Offset, bytes, characters. */
export function hexLines(value: Buffer): string[] {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(value.length, HEX_BYTES); at += COLUMNS) {
    const part = value.subarray(at, Math.min(at + COLUMNS, value.length));
    const hex = [...part].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = [...part]
      .map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'))
      .join('');
    lines.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(COLUMNS * 3 - 1)}  ${text}`);
  }
  if (value.length > HEX_BYTES) lines.push(`… ${size(value.length - HEX_BYTES)} more`);
  return lines;
}

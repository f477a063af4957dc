import type { TraceSummary } from '#schemas/events.ts';
import type { Format, Results } from '../shared/format.ts';

/** Results as JSON with the name of what they are; a trace's start (ns) is a decimal string. */
export const json: Format = {
  encode(name, value) {
    if (name !== 'TraceSummary') return JSON.stringify({ name, value });
    const summary = value as TraceSummary;
    return JSON.stringify({ name, value: { ...summary, startUnixNano: String(summary.startUnixNano) } });
  },
  decode(record) {
    const { name, value } = JSON.parse(record.toString('utf8'));
    if (name === 'TraceSummary') value.startUnixNano = BigInt(value.startUnixNano);
    return { name, value } as Results;
  },
};

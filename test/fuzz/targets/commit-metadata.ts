import { formatMetadata, parseMetadata } from '#processors/assembly/position.ts';
import { formatSignalMetadata, parseSignalMetadata } from '#processors/incidents/position.ts';
import { jsonMutator } from '../mutate/json.ts';
import { holds, same, type Target } from '../target.ts';

export const target: Target = {
  name: 'commit-metadata',
  about:
    'the metadata of committed offsets: what is read is written and read as the same; anything else has a reason',
  share: 0.5,
  start: () => ({
    seeds: [
      '',
      '{}',
      '{"v":1,"done":7,"clock":1700000000000,"traces":3}',
      '{"v":1,"done":-1,"floor":-1,"read":0}',
      '1',
    ].map((text) => Buffer.from(text)),
    dictionary: ['done', 'clock', 'traces', 'floor', 'read', '-1', '1e400', '9007199254740993'].map((text) =>
      Buffer.from(text),
    ),
    mutators: [jsonMutator],
    run(input) {
      const text = Buffer.from(input).toString();
      const first = parseMetadata(text);
      if (first.ok) same('stage 1', formatOf(parseMetadata(formatMetadata(first.value))), formatOf(first));
      const second = parseSignalMetadata(text);
      if (second.ok)
        same('stage 2', formatOf(parseSignalMetadata(formatSignalMetadata(second.value))), formatOf(second));
      for (const read of [first, second])
        if (!read.ok) holds(read.reason !== '', () => 'refused without a reason');
    },
  }),
};

function formatOf(read: { ok: boolean; value?: object; reason?: string }): string {
  return JSON.stringify(read.ok && read.value ? Object.entries(read.value).sort() : read);
}

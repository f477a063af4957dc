/** `npm run dead-letters`: what could not be processed, and putting it back. */
import { UserError } from '#infra/errors.ts';
import { number, plural } from '#infra/format.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import { startKafka } from '#infra/kafka/start.ts';
import { TOPICS, type TopicKey, topicName } from '#infra/topics.ts';
import { type CommandContext, runCommand } from '../replay/command.ts';
import { matches } from './filter.ts';
import { jsonLine, letterLines, Summary } from './inspect.ts';
import { type Extent, type Letter, type LetterWithValue, readTopic, replayedSources } from './letters.ts';
import { type InspectOptions, parseOptions, type ReplayOptions } from './options.ts';
import { leftOutText, PutBack, partitionsOf, putBack } from './put-back.ts';
import { showLines } from './show.ts';

const write = (line = '') => void process.stdout.write(`${line}\n`);

/** Lines of a list where --limit does not say. */
const LINES = 20;
/** Letters, or bytes of them, that are put back at a time. */
const CHUNK = 100;
const CHUNK_BYTES = 4 << 20;

interface Place {
  readonly kafka: Kafka;
  readonly topic: string;
  readonly prefix: string;
  readonly signal: AbortSignal;
}

async function main(context: CommandContext): Promise<number> {
  const asked = parseOptions(process.argv.slice(2), Date.now());
  const { config, signal } = context;
  const kafka = await startKafka(context, 'ati-dead-letters', 0);
  const prefix = config.ATI_TOPIC_PREFIX;
  const place = { kafka, prefix, signal, topic: topicName('deadLetters', prefix) };
  const extent = await kafka.offsets(place.topic);
  return asked.command === 'inspect'
    ? inspect(place, extent, asked.inspect)
    : replay(place, extent, asked.replay);
}

async function inspect(place: Place, extent: Extent, options: InspectOptions): Promise<number> {
  const { kafka, topic, prefix } = place;
  const replayed = await replayedSources(kafka, topic, extent);
  if (options.show !== undefined) return show(place, options.show, replayed);
  const summary = new Summary();
  const { limit = options.json ? Number.POSITIVE_INFINITY : LINES } = options;
  /** The newest; only as many as are shown are kept. */
  let newest: Letter[] = [];
  for await (const found of readTopic(kafka, topic, extent)) {
    if (found.kind === 'mark' || !matches(options.filter, found.letter, prefix)) continue;
    const { value: _value, key: _key, ...letter } = found.letter;
    summary.add(letter, replayed);
    newest.push(letter);
    if (newest.length > limit * 2) newest = newest.slice(-limit);
  }
  newest = Number.isFinite(limit) ? newest.slice(-limit) : newest;
  if (options.json) {
    for (const letter of newest) write(jsonLine(letter, replayed));
    return 0;
  }
  if (summary.count === 0) {
    write(`no dead letters on ${topic}${Object.keys(options.filter).length > 0 ? ' that match' : ''}`);
    return 0;
  }
  for (const line of summary.lines()) write(line);
  write();
  for (const line of letterLines(newest.toReversed(), replayed)) write(line);
  const shown = Math.min(newest.length, summary.count);
  write();
  write(`${plural(summary.count, 'dead letter')} on ${topic}, the newest ${number(shown)} shown`);
  return 0;
}

async function show(
  { kafka, topic }: Place,
  { partition, offset }: { partition: number; offset: number },
  replayed: ReadonlySet<string>,
): Promise<number> {
  const extent = [{ partition, earliest: offset, latest: offset + 1 }];
  for await (const found of readTopic(kafka, topic, extent)) {
    if (found.kind === 'mark') throw new UserError(`${offset} is no letter: it says that one was put back`);
    if (found.letter.offset !== offset) break;
    for (const line of showLines(found.letter, replayed)) write(line);
    return 0;
  }
  throw new UserError(`there is no letter ${offset} on ${topic} (any more)`);
}

async function replay(place: Place, extent: Extent, options: ReplayOptions): Promise<number> {
  const { kafka, topic, prefix, signal } = place;
  const keys = (Object.keys(TOPICS) as TopicKey[]).filter((key) => key !== 'deadLetters');
  const partitions = await partitionsOf(
    kafka,
    keys.map((key) => topicName(key, prefix)),
  );
  const known = await replayedSources(kafka, topic, extent);
  const candidates = new PutBack(known, partitions, options.again, prefix);
  const left = new Map<string, number>();
  const summary = new Summary();
  const producer = options.yes ? await kafka.producer({ compression: 'zstd' }) : undefined;
  let chunk: LetterWithValue[] = [];
  let done = 0;
  const flush = async () => {
    if (producer !== undefined) await putBack(producer, topic, chunk);
    done += chunk.length;
    chunk = [];
  };
  try {
    for await (const found of readTopic(kafka, topic, extent)) {
      if (signal.aborted || done + chunk.length === options.limit) break;
      if (found.kind === 'mark' || !matches(options.filter, found.letter, prefix)) continue;
      const obstacle = candidates.judge(found.letter);
      if (obstacle === 'twin') continue;
      if (obstacle !== undefined) {
        left.set(obstacle, (left.get(obstacle) ?? 0) + 1);
        continue;
      }
      summary.add(found.letter, new Set());
      chunk.push(found.letter);
      const bytes = chunk.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
      if (chunk.length >= CHUNK || bytes >= CHUNK_BYTES) await flush();
    }
    await flush();
  } finally {
    await producer?.close();
  }
  if (summary.count > 0) for (const line of summary.lines()) write(line);
  if (left.size > 0) write(`left where they are: ${leftOutText(left)}`);
  if (signal.aborted) write('interrupted: what was put back is marked; run it again for the rest');
  else if (options.yes) write(`${plural(done, 'record')} put back`);
  else write(`would put back ${plural(done, 'record')}: --yes does it`);
  return signal.aborted ? 1 : 0;
}

runCommand('dead-letters', main);

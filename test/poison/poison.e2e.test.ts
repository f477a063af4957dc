import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KafkaRecord } from '#infra/kafka/port.ts';
import type { ServiceName } from '#infra/stack/services.ts';
import { topicName } from '#infra/topics.ts';
import { type Installation, startInstallation } from '../support/installation.ts';
import { eventually, exportUntilAcknowledged } from '../support/otlp-client.ts';
import { eventsOf } from '../support/topics.ts';
import { exportOf, fanoutTrace } from '../support/workload.ts';
import { madSpans, poisonOf, READERS, type ReadTopic } from './records.ts';
import { type PoisonRequest, REQUESTS } from './requests.ts';

const SERVICES = ['ingest', 'processor', 'sink', 'api'] as const satisfies readonly ServiceName[];

let installation: Installation;
/** Why services ended by themselves. */
const fatalities = () =>
  SERVICES.flatMap((name) =>
    readFileSync(path.join(installation.config.ATI_DATA_DIR, 'logs', `${name}.log`), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{"level":60')),
  );
const pids = () => SERVICES.map((name) => installation.stack.pid(name));
const topic = (key: ReadTopic | 'deadLetters') => topicName(key, installation.config.ATI_TOPIC_PREFIX);

beforeAll(async () => {
  installation = await startInstallation();
});
afterAll(async () => {
  await installation?.stop();
  await installation?.remove();
});

/** Status and text; an answer counts even where the server takes no more of the body. */
function post({ body, headers }: PoisonRequest): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    let answered = false;
    const sent = request(`${installation.ingestUrl}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf', 'content-length': body.length, ...headers },
    });
    sent.on('response', (response) => {
      answered = true;
      let text = '';
      const end = () => resolve({ status: response.statusCode ?? 0, text });
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
      });
      response.on('end', end);
      response.on('error', end);
    });
    sent.on('error', (error) => {
      if (!answered) reject(error);
    });
    sent.end(body);
  });
}

async function everyServiceIsReady(): Promise<void> {
  const { config } = installation;
  const ports = [
    config.ATI_INGEST_PORT,
    config.ATI_PROCESSOR_PORT,
    config.ATI_SINK_PORT,
    config.ATI_API_PORT,
  ];
  for (const port of ports)
    await eventually(`what listens on ${port} is ready`, async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => undefined);
      await answer?.body?.cancel();
      return answer?.ok ? true : undefined;
    });
}

/** A good trace through every stage: rows, a summary with its finding, and an event of its incident. */
async function goodDataPasses(name: string): Promise<void> {
  const trace = fanoutTrace(name, Date.now() - 5_000);
  await exportUntilAcknowledged(installation.ingestUrl, exportOf(trace.spans, name));
  await eventually(`the rows of ${name}`, async () => {
    const [row] = await installation.clickhouse.query<{ spans: string; traces: string }>(
      `SELECT (SELECT count() FROM otel_traces FINAL WHERE TraceId = {id:String}) AS spans,
         (SELECT count() FROM ati_traces FINAL WHERE TraceId = {id:String} AND notEmpty(Findings)) AS traces`,
      { params: { id: trace.traceId } },
    );
    return Number(row.spans) === trace.spans.length && row.traces === '1' ? true : undefined;
  });
  await eventually(`an incident that ${name} shows`, async () => {
    const [row] = await installation.clickhouse.query<{ n: string }>(
      "SELECT count() AS n FROM ati_incidents WHERE Kind = 'fanout_collapse' AND State = 'open'",
    );
    return row.n === '1' ? true : undefined;
  });
}

/** Dead letters by the record that they are of. */
async function letters(): Promise<Map<string, KafkaRecord[]>> {
  const found = new Map<string, KafkaRecord[]>();
  for await (const letter of installation.kafka.read(topic('deadLetters'), 0, 0)) {
    const { headers } = letter;
    const source = `${headers.topic}/${headers.partition}/${headers.offset}`;
    found.set(source, [...(found.get(source) ?? []), letter]);
  }
  return found;
}

describe('at the door', () => {
  test('each is refused with its reason, nothing of it is on the log, and the next export passes', async () => {
    const before = pids();
    const answers = [];
    for (const each of REQUESTS) answers.push({ name: each.name, ...(await post(each)) });
    expect(answers.map(({ name, status }) => `${name}: ${status}`)).toEqual(
      REQUESTS.map(({ name, status }) => `${name}: ${status}`),
    );
    for (const [i, { says }] of REQUESTS.entries()) if (says) expect(answers[i].text).toMatch(says);
    for (const { otlp } of await eventsOf(installation.kafka, topic('spans'), 'SpanBatch'))
      expect(otlp.length).toBe(0);
    await goodDataPasses('after the door');
    await everyServiceIsReady();
    expect(fatalities()).toEqual([]);
    expect(pids()).toEqual(before);
  });
});

describe('on the log', () => {
  test('each record becomes a dead letter with its bytes, of each reader; none stops anything; a restart reads past them', async () => {
    const before = pids();
    const producer = await installation.kafka.producer();
    const written: { name: string; key: ReadTopic; source: string; value: Uint8Array | null }[] = [];
    for (const key of Object.keys(READERS) as ReadTopic[]) {
      for (const { name, record } of poisonOf(key)) {
        const [{ partition, baseOffset }] = await producer.send(topic(key), [record]);
        const source = `${topic(key)}/${partition}/${baseOffset}`;
        written.push({ name: `${key}: ${name}`, key, source, value: record.value });
      }
    }
    await producer.send(
      topic('spans'),
      madSpans().map(({ record }) => record),
    );
    await producer.close();

    const aside = (key: ReadTopic) => key !== 'incidentState';
    await eventually('a letter of each reader', async () => {
      const found = await letters();
      const missing = written.filter(
        ({ key, source }) => aside(key) && (found.get(source) ?? []).length < READERS[key],
      );
      return missing.length === 0 ? true : undefined;
    });
    await goodDataPasses('after the log');
    await everyServiceIsReady();
    expect(fatalities()).toEqual([]);
    expect(pids()).toEqual(before);

    // What is read back at an assignment: summaries and states.
    for (const round of [1, 2]) {
      const back = installation.stack.back('processor');
      await installation.stack.signal('processor', 'SIGKILL');
      await back;
      await goodDataPasses(`after restart ${round}`);
    }
    await everyServiceIsReady();
    // The partitions of a killed processor come back once the group has missed it for long enough.
    const found = await eventually('letters of the states', async () => {
      const all = await letters();
      return written.every(({ source }) => all.has(source)) ? all : undefined;
    });
    for (const { name, key, source, value } of written) {
      const ofIt = found.get(source) ?? [];
      // Done again after the kill, a letter may be there again; those of the states never are.
      if (aside(key))
        expect(new Set(ofIt.map(({ headers }) => String(headers.group))).size, name).toBe(READERS[key]);
      else expect(ofIt, name).toHaveLength(1);
      for (const letter of ofIt)
        expect(letter.value?.equals(value ?? Buffer.alloc(0)) ?? null, name).toBe(
          value === null ? null : true,
        );
    }
    const mad = [...found].filter(([source]) => !written.some((each) => each.source === source));
    const steps = mad.flatMap(([, ofIt]) => ofIt.map(({ headers }) => String(headers.step)));
    // A clock that would end all windows for good is refused; nothing mad was a bug of ours.
    expect(steps).toContain('clock');
    expect(steps.filter((step) => ['process', 'analyse', 'record', 'window'].includes(step))).toEqual([]);
  });
});

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { example } from './testing.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const exampleFile = (name: string) =>
  fileURLToPath(new URL(`../../producers/formats/testdata/${name}`, import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ati-analyze-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

function analyze(args: readonly string[], input: Uint8Array = Buffer.alloc(0)): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [MAIN, ...args],
      { maxBuffer: 1 << 26 },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

test('every example at once, for a person', async () => {
  const files = [
    'otlp-example',
    'otlp-to-jaeger-out',
    'jaeger-graph',
    'jaeger-genai-agents',
    'zipkin-v2-messaging',
  ];
  const { code, stdout, stderr } = await analyze([
    '--all',
    ...files.map((name) => exampleFile(`${name}.json`)),
  ]);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.match(/^Graph: /gm)).toHaveLength(5);
  expect(stdout).not.toContain('\u001b');
});

test('a file cut off in the middle: the place, and the others all the same', async () => {
  const cut = path.join(folder, 'cut.json');
  await writeFile(cut, example('jaeger-graph.json').subarray(0, 2_900));
  const { code, stdout } = await analyze([
    cut,
    exampleFile('zipkin-v2-messaging.json'),
    path.join(folder, 'none.json'),
  ]);
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /cut\.json: nothing recognised, 0 spans\n {2}✗ line \d+, column \d+ \(byte 2900\), in spans\[\d\]\S*: cut off here/,
  );
  expect(stdout).toContain('none.json: there is no such file');
  expect(stdout).toContain('get / (frontend)');
});

test('--json from standard input, compressed', async () => {
  const { code, stdout } = await analyze(['--json', '-'], gzipSync(example('otlp-to-jaeger-in.json')));
  const report = JSON.parse(stdout);
  expect(code).toBe(0);
  expect(report).toMatchObject({
    ...{ version: 1, complete: true, incidents: [] },
    files: [{ name: 'standard input', formats: ['otlp-json'], compression: 'gzip', spans: 2 }],
    traces: [{ traceId: '83a9efd15c1c98a977e0711cc93ee28b', duplicates: 1, summary: { partial: true } }],
  });
});

test('wrong use', async () => {
  const [none, unknown, help] = await Promise.all([
    analyze([]),
    analyze(['--format', 'xml', 'x.json']),
    analyze(['--help']),
  ]);
  expect([none.code, unknown.code, help.code]).toEqual([2, 2, 0]);
  expect(none.stderr).toContain("missing required argument 'files'");
  expect(unknown.stderr).toContain('otlp-json, otlp-proto, jaeger, zipkin-v2, zipkin-v1');
  expect(help.stdout).toContain('npm run analyze --');
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { buildPeer } from './build.ts';
import { buildId, PEER_NAMES } from './catalog.ts';
import { findPeer, peerPath, peersDir } from './find.ts';
import { goProblem, runLines } from './go.ts';
import { testPeer } from './testing.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'ati-peers-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

function put(name: 'otelcol' | 'k6'): string {
  const file = peerPath(name, directory);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, '');
  return file;
}

describe('where they are', () => {
  test('ATI_PEERS_DIR, else the cache of the user', () => {
    expect(peersDir({ ATI_PEERS_DIR: '/a/b', XDG_CACHE_HOME: '/x' })).toBe('/a/b');
    expect(peersDir({ ATI_PEERS_DIR: '', XDG_CACHE_HOME: '/x' })).toBe('/x/ati/peers');
    expect(peersDir({ XDG_CACHE_HOME: '' })).toMatch(/[/\\]\.cache[/\\]ati[/\\]peers$/);
  });

  test('one is found in its version only', () => {
    expect(findPeer('k6', directory)).toBeUndefined();
    mkdirSync(path.join(directory, 'k6-v0.0.1'));
    writeFileSync(path.join(directory, 'k6-v0.0.1', 'k6'), '');
    expect(findPeer('k6', directory)).toBeUndefined();
    const file = put('k6');
    expect(findPeer('k6', directory)).toBe(file);
    expect(findPeer('otelcol', directory)).toBeUndefined();
  });

  test('a build is named by its version, the Collector by its components too', () => {
    expect(PEER_NAMES.map(buildId)).toEqual([
      expect.stringMatching(/^otelcol-v\d+\.\d+\.\d+-[0-9a-f]{12}$/),
      expect.stringMatching(/^k6-v\d+\.\d+\.\d+$/),
      expect.stringMatching(/^toxiproxy-v\d+\.\d+\.\d+$/),
      expect.stringMatching(/^python-v\d+-[0-9a-f]{12}$/),
    ]);
  });
});

describe('Go', () => {
  test.each([
    [0, 'go version go1.26.8 linux/amd64', undefined],
    [0, 'go version go1.30.0 darwin/arm64', undefined],
    [0, 'go version go2.0 linux/amd64', undefined],
    [0, 'go version devel go1.27-5f2b3c1 linux/amd64', undefined],
    [0, 'go version go1.25.9 linux/amd64', 'go is too old: it is 1.25'],
    [0, 'go version go1.9 linux/amd64', 'go is too old: it is 1.9'],
    [0, 'gnugo 3.8', 'does not work'],
    [2, 'go: cannot find GOROOT', 'does not work (go: cannot find GOROOT)'],
    [-1, 'Error: spawn go ENOENT', 'go is missing'],
  ])('%i %s', (code, output, problem) => {
    const found = goProblem(code, output);
    if (problem === undefined) expect(found).toBeUndefined();
    else {
      expect(found).toContain(problem);
      expect(found).toContain('install Go 1.26 or later');
    }
  });

  test('where it is missing, a build says so and leaves nothing', async () => {
    vi.stubEnv('PATH', directory);
    const lines: string[] = [];
    await expect(buildPeer('k6', directory, (line) => lines.push(line))).rejects.toThrow('go is missing');
    expect(findPeer('k6', directory)).toBeUndefined();
  });

  test('where Python is missing, that is said, not that Go is', async () => {
    vi.stubEnv('PATH', directory);
    await expect(buildPeer('python', directory, () => undefined)).rejects.toThrow(
      'python3 is missing, or older than',
    );
    expect(findPeer('python', directory)).toBeUndefined();
  });

  test('what is there is not built again, with Go or without', async () => {
    vi.stubEnv('PATH', directory);
    const file = put('k6');
    const lines: string[] = [];
    expect(await buildPeer('k6', directory, (line) => lines.push(line))).toBe(file);
    expect(lines).toEqual([expect.stringContaining('is there')]);
  });

  test('a command is followed line by line, without the downloads', async () => {
    const lines: string[] = [];
    const script = `console.log('one'); console.error('go: downloading x v1'); process.stdout.write('two\\nthree'); process.exitCode = 3`;
    const ended = await runLines(
      { file: process.execPath, args: ['-e', script], cwd: directory, env: process.env },
      (line) => lines.push(line),
    );
    expect(ended.code).toBe(3);
    expect(lines).toEqual(['one', 'two', 'three']);
    expect(ended.tail).toContain('go: downloading x v1');
  });
});

describe('in tests', () => {
  test('a missing one skips and says how to get it', () => {
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const peer = testPeer('otelcol', { ATI_PEERS_DIR: directory });
    const how = 'no OpenTelemetry Collector binary: npm run peers -- otelcol (needs Go)';
    expect(peer).toMatchObject({ missing: true, note: ` (skipped: ${how})` });
    expect(said).toHaveBeenCalledWith(`skipped: ${how}\n`);
    expect(() => peer.path()).toThrow(how);
  });

  test('each says what it needs', () => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const { note } = testPeer('python', { ATI_PEERS_DIR: directory });
    expect(note).toContain('npm run peers -- python (needs Python 3.9)');
  });

  test('under ATI_REQUIRE_PEERS=1 it fails instead', () => {
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const peer = testPeer('otelcol', { ATI_PEERS_DIR: directory, ATI_REQUIRE_PEERS: '1' });
    expect(peer).toMatchObject({ missing: false, note: '' });
    expect(said).not.toHaveBeenCalled();
    expect(() => peer.path()).toThrow('npm run peers -- otelcol');
  });

  test('one that is there is given', () => {
    const file = put('otelcol');
    expect(testPeer('otelcol', { ATI_PEERS_DIR: directory })).toMatchObject({ missing: false, note: '' });
    expect(testPeer('otelcol', { ATI_PEERS_DIR: directory }).path()).toBe(file);
  });
});

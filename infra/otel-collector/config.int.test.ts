import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { testPeer } from '../peers/testing.ts';

const otelcol = testPeer('otelcol');

describe.skipIf(otelcol.missing)(`the Collector's configurations${otelcol.note}`, () => {
  test.each(['config.yaml', 'kafka.yaml'])('%s is valid for the real Collector', (file) => {
    const config = path.join(import.meta.dirname, file);
    const { status, stderr } = spawnSync(otelcol.path(), ['validate', '--config', config], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

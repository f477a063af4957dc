import { describe, expect, it } from 'vitest';
import { loadAddon } from './native.ts';

const missing = (name: string) => {
  throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' });
};

describe('loadAddon', () => {
  it.each([
    ['linux-x64', '@chdb/lib-linux-x64-gnu'],
    ['linux-arm64', '@chdb/lib-linux-arm64-gnu'],
    ['darwin-x64', '@chdb/lib-darwin-x64'],
    ['darwin-arm64', '@chdb/lib-darwin-arm64'],
  ])('%s has its package', (platform, packageName) => {
    const addon = {};
    expect(loadAddon(platform, (name) => (name === packageName ? addon : missing(name)))).toBe(addon);
  });

  it.each(['win32-x64', 'linux-riscv64', 'freebsd-x64'])('%s has none, whatever is installed', (platform) => {
    const message = `the embedded ClickHouse engine has no build for ${platform}: set CLICKHOUSE_URL`;
    expect(() => loadAddon(platform, () => ({}))).toThrow(message);
  });

  it('says so when the package is not installed', () => {
    const message = /^the embedded ClickHouse engine has no build for linux-x64: set CLICKHOUSE_URL$/;
    expect(() => loadAddon('linux-x64', missing)).toThrow(message);
  });

  it('says why a package that is installed does not load', () => {
    const broken = () => {
      throw Object.assign(new Error('libstdc++.so.6: no such file'), { code: 'ERR_DLOPEN_FAILED' });
    };
    expect(() => loadAddon('linux-x64', broken)).toThrow(/set CLICKHOUSE_URL .*libstdc\+\+/);
  });
});

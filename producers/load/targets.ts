import type { Config } from '#infra/config.ts';

/** The agent apps of an installation. */
export function targetsOf(config: Config, mesh: 'first' | 'second' | 'both'): string[] {
  const url = (port: number) => `http://${config.ATI_HOST}:${port}`;
  const first = url(config.ATI_AGENT_PORT);
  const second = url(config.ATI_SECOND_AGENT_PORT);
  return mesh === 'both' ? [first, second] : [mesh === 'first' ? first : second];
}

/** Why load may not be put on a target; undefined where it may. */
export function allowed(target: string, remote: boolean): string | undefined {
  if (!URL.canParse(target)) return `${target} is no URL: http://127.0.0.1:8080`;
  const { hostname } = new URL(target);
  const loopback = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
  if (loopback || remote) return undefined;
  return `${target} is another machine: load goes to this one only, unless --allow-remote says otherwise`;
}

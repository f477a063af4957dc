import type { Config } from '#infra/config.ts';
import { urlOf } from '#infra/endpoints.ts';

/** The agent apps of an installation. */
export function targetsOf(config: Config, mesh: 'first' | 'second' | 'both'): string[] {
  const first = urlOf(config, config.ATI_AGENT_PORT);
  const second = urlOf(config, config.ATI_SECOND_AGENT_PORT);
  return mesh === 'both' ? [first, second] : [mesh === 'first' ? first : second];
}

/** Why load may not be put on a target; undefined where it may. By its name alone: nothing is looked up. */
export function refusal(target: string, remote: boolean): string | undefined {
  const url = URL.parse(target);
  if (url === null || !/^https?:$/.test(url.protocol))
    return `${target} is no URL of an agent app: http://127.0.0.1:8080`;
  const { hostname } = url;
  const loopback = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
  if (loopback || remote) return undefined;
  return `${target} is another machine: load goes to this one only, unless --allow-remote says otherwise`;
}

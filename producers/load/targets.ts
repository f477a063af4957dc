import { type Config, isLoopback } from '#infra/config.ts';
import { agentUrlOf } from '#infra/endpoints.ts';

/** The agent apps of an installation. */
export function targetsOf(config: Config, mesh: 'first' | 'second' | 'both'): string[] {
  const first = agentUrlOf(config, config.ATI_AGENT_PORT);
  const second = agentUrlOf(config, config.ATI_SECOND_AGENT_PORT);
  return mesh === 'both' ? [first, second] : [mesh === 'first' ? first : second];
}

/** Why load may not be put on a target; undefined where it may. By its name alone: nothing is looked up. */
export function refusal(target: string, remote: boolean): string | undefined {
  const url = URL.parse(target);
  if (url === null || !/^https?:$/.test(url.protocol))
    return `${target} is no URL of an agent app: http://127.0.0.1:8080`;
  // In a URL an IPv6 address stands in brackets.
  if (remote || isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1'))) return undefined;
  return `${target} is another machine: load goes to this one only, unless --allow-remote says otherwise`;
}

import type { Config } from '#infra/config.ts';
import { agentUrlOf } from '#infra/endpoints.ts';

/** A multi-agent system: an agent app whose agents' names start with a prefix of their own. */
export interface Mesh {
  readonly name: 'first' | 'second';
  readonly title: string;
  /** AGENT_NAME; empty: none. */
  readonly prefix: string;
  readonly agentUrl: string;
  /** The variable of its port. */
  readonly portVariable: 'ATI_AGENT_PORT' | 'ATI_SECOND_AGENT_PORT';
}

/** The meshes of an installation. */
export function meshesOf(config: Config): readonly [Mesh, Mesh] {
  return [
    {
      name: 'first',
      title: 'first mesh',
      prefix: config.AGENT_NAME,
      agentUrl: agentUrlOf(config, config.ATI_AGENT_PORT),
      portVariable: 'ATI_AGENT_PORT',
    },
    {
      name: 'second',
      title: 'second mesh',
      prefix: config.ATI_SECOND_AGENT_NAME,
      agentUrl: agentUrlOf(config, config.ATI_SECOND_AGENT_PORT),
      portVariable: 'ATI_SECOND_AGENT_PORT',
    },
  ];
}

/**
 * Settings of a single node that is both broker and KRaft controller. The quorum is a static voter, so that the data
 * folder records no port and may be started on another one.
 */
export function serverProperties(
  directory: string,
  port: number,
  extra: Readonly<Record<string, string>>,
): string {
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${port + 1}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${port + 1}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': `${directory}/data`,
    ...SINGLE_NODE,
    // No wait (3 s) before a new group's first rebalance; one partition instead of 50 for what is internal.
    'group.initial.rebalance.delay.ms': '0',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.num.partitions': '1',
    'num.network.threads': '2',
    'num.io.threads': '4',
    // The cleaner's buffer is heap that is taken at the start: 16 MB instead of 128 MB.
    'log.cleaner.dedupe.buffer.size': '16777216',
    ...extra,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** One broker cannot hold the three copies that the defaults ask for. */
export const SINGLE_NODE = {
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
};

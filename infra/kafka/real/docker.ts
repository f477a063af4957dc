import { UserError } from '../../errors.ts';
import { run } from './command.ts';
import { KAFKA_VERSION } from './jars.ts';
import { SINGLE_NODE } from './properties.ts';

const CONTAINER = 'ati-kafka';

/** True when a Docker engine answers; the client alone is not enough. */
export async function dockerRuns(): Promise<boolean> {
  return (await run('docker', ['info'])).code === 0;
}

/** Starts the official image on 127.0.0.1:`port`. Throws a UserError with Docker's words. */
export async function startContainer(port: number): Promise<void> {
  const settings = {
    'node.id': '1',
    'process.roles': 'broker,controller',
    'controller.quorum.voters': '1@localhost:9093',
    'controller.listener.names': 'CONTROLLER',
    listeners: 'PLAINTEXT://:9092,CONTROLLER://:9093',
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'group.initial.rebalance.delay.ms': '0',
    ...SINGLE_NODE,
  };
  const environment = Object.entries(settings).flatMap(([name, value]) => [
    '-e',
    `KAFKA_${name.replaceAll('.', '_').toUpperCase()}=${value}`,
  ]);
  const words = ['run', '-d', '--rm', '--name', CONTAINER, '-p', `127.0.0.1:${port}:9092`];
  const image = `apache/kafka:${KAFKA_VERSION}`;
  const { code, output } = await run('docker', [...words, ...environment, image]);
  if (code !== 0) throw new UserError(`Docker could not start ${image}: ${output.trim()}`);
}

/** The port on which the container serves, when it runs. */
export async function containerPort(): Promise<number | undefined> {
  const { code, output } = await run('docker', ['port', CONTAINER, '9092/tcp']);
  const match = code === 0 ? /:(\d+)\s*$/m.exec(output) : null;
  return match ? Number(match[1]) : undefined;
}

/** False when no such container runs. */
export async function stopContainer(): Promise<boolean> {
  return (await run('docker', ['stop', CONTAINER])).code === 0;
}

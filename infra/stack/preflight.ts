import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { checkAccess } from '../access/start.ts';
import { clickhouseAddress } from '../clickhouse/address.ts';
import { connectClickHouse } from '../clickhouse/client.ts';
import type { Config } from '../config.ts';
import { messageOf, UserError } from '../errors.ts';
import { connectKafka } from '../kafka/client.ts';
import { kafkaOf } from '../kafka/security.ts';
import { isFree } from '../ports.ts';
import { portOf, type Service } from './services.ts';

/** Milliseconds: whoever starts it is waiting. */
const CLICKHOUSE_SILENCE_MS = 5_000;

/** Everything that can be known before a process is started; throws one clear sentence. */
export async function preflight(
  config: Config,
  services: readonly Service[],
  own: { readonly env: NodeJS.ProcessEnv; readonly signal?: AbortSignal },
): Promise<void> {
  await checkAccess(config);
  await checkPorts(config, services);
  for (const service of services) if (service.checks) await checkItself(service, own);
  if (config.KAFKA_BROKERS.length > 0) {
    await checkKafka(config);
  }
  if (config.CLICKHOUSE_URL !== '') await checkClickHouse(config);
}

/** Throws where another program listens on one of their ports. */
export async function checkPorts(config: Config, services: readonly Service[]): Promise<void> {
  for (const service of services) {
    const port = portOf(service, config);
    if (await isFree(port, config.ATI_HOST)) continue;
    throw new UserError(
      `port ${port} (${service.title}) is in use by another program: stop it, or set ${service.port} to a free port`,
    );
  }
}

/** A service that knows by itself what it would refuse to start with. */
async function checkItself(
  { name, file }: Service,
  { env, signal }: { readonly env: NodeJS.ProcessEnv; readonly signal?: AbortSignal },
): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, [file, '--check'], { env, signal });
  } catch (error) {
    if (signal?.aborted) throw new UserError('stopped while starting');
    const { stderr = '' } = error as { readonly stderr?: string };
    throw new UserError(stderr.trim() || `${name} cannot be checked: ${messageOf(error)}`);
  }
}

async function checkKafka(config: Config): Promise<void> {
  const log = pino({ level: 'silent' });
  const address = kafkaOf(config);
  try {
    const kafka = await connectKafka({ ...address, clientId: 'ati-preflight', log });
    await kafka.close();
  } catch (error) {
    throw new UserError(`${messageOf(error)}: is it running, and does KAFKA_BROKERS name it?`);
  }
}

async function checkClickHouse(config: Config): Promise<void> {
  const clickhouse = connectClickHouse({ ...clickhouseAddress(config), silenceMs: CLICKHOUSE_SILENCE_MS });
  try {
    // A ping needs no password.
    await clickhouse.query('SELECT 1');
  } catch (error) {
    const { origin } = new URL(config.CLICKHOUSE_URL);
    throw new UserError(
      `cannot reach ClickHouse at ${origin} (${messageOf(error)}): is it running, and are CLICKHOUSE_URL, CLICKHOUSE_USER and CLICKHOUSE_PASSWORD right?`,
    );
  } finally {
    await clickhouse.close();
  }
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Config, PORT_VARIABLES, readConfig } from '../config.ts';
import { UserError } from '../errors.ts';
import { freePort } from '../ports.ts';

/** The environment of an installation beside others: free ports, a data directory of its own. */
export interface TemporaryPlace {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  /** Deletes the data directory. */
  remove(): Promise<void>;
}

/** Free ports for every service, as environment variables. */
export async function freePorts(): Promise<Record<string, string>> {
  const ports: Record<string, string> = {};
  for (const name of PORT_VARIABLES) ports[name] = String(await freePort());
  return ports;
}

/** `env` goes over what this process was given. Throws a UserError where the configuration is wrong. */
export async function temporaryPlace(env: Readonly<Record<string, string>> = {}): Promise<TemporaryPlace> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'ati-'));
  const remove = () => rm(dataDir, { recursive: true, force: true });
  const all = { ...process.env, ...(await freePorts()), ...env, ATI_DATA_DIR: dataDir };
  const read = readConfig(all);
  if (read.ok) return { config: read.config, env: all, remove };
  await remove();
  throw new UserError(read.message);
}

/** A real Kafka node from its jars: started as a process of its own, found again through its pid file. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../errors.ts';
import { run } from './command.ts';
import { serverProperties } from './properties.ts';

const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 30_000;

export interface NodeOptions {
  /** Folder of the jars (`fetchJars`). */
  readonly lib: string;
  readonly java: string;
  /** The node's own folder; its data stays there from start to start. */
  readonly directory: string;
  /** The controller listens on the one after it. */
  readonly port: number;
  readonly properties?: Readonly<Record<string, string>>;
  /** SCRAM users, as `kafka-storage format --add-scram` takes them: `SCRAM-SHA-256=[name=…,password=…]`. */
  readonly scram?: readonly string[];
}

/** Starts the node and resolves when it serves. Throws a UserError with the end of its log when it does not. */
export async function startNode(options: NodeOptions): Promise<void> {
  const { lib, java, directory, port, properties = {}, scram = [] } = options;
  mkdirSync(join(directory, 'tmp'), { recursive: true });
  const settings = join(directory, 'server.properties');
  writeFileSync(settings, serverProperties(directory, port, properties));
  const jvm = [`-Djava.io.tmpdir=${join(directory, 'tmp')}`, '-XX:+UseSerialGC', '-cp', `${lib}/*`];
  if (!existsSync(join(directory, 'data', 'meta.properties'))) {
    const words = [
      'kafka.tools.StorageTool',
      'format',
      '--ignore-formatted',
      '-t',
      clusterId(),
      '-c',
      settings,
      ...scram.flatMap((user) => ['--add-scram', user]),
    ];
    const { code, output } = await run(java, ['-Xmx64m', ...jvm, ...words]);
    if (code !== 0) throw new UserError(`formatting Kafka's storage failed:\n${output.trim()}`);
  }
  const log = join(directory, 'server.log');
  const fd = openSync(log, 'w');
  // A session of its own: a Ctrl-C at the terminal that started it does not reach it.
  const child = spawn(
    java,
    [
      `-Xmx${process.env.KAFKA_HEAP ?? '512m'}`,
      '-XX:+ExitOnOutOfMemoryError',
      '-Djava.awt.headless=true',
      '-Dorg.slf4j.simpleLogger.showDateTime=true',
      ...jvm,
      'kafka.Kafka',
      settings,
    ],
    { detached: true, stdio: ['ignore', fd, fd] },
  );
  closeSync(fd);
  child.unref();
  writeFileSync(join(directory, 'kafka.pid'), `${child.pid}\n`);
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!readFileSync(log, 'utf8').includes('Kafka Server started')) {
    const gone = nodePid(directory) === undefined;
    if (gone || Date.now() > deadline) {
      const tail = readFileSync(log, 'utf8').trim().split('\n').slice(-15).join('\n');
      await stopNode(directory, 'SIGKILL');
      throw new UserError(`Kafka ${gone ? 'stopped while starting' : 'was not ready in time'}:\n${tail}`);
    }
    await sleep(50);
  }
}

/** Ends the node of this folder and waits until it is gone; false when none runs. */
export async function stopNode(
  directory: string,
  signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM',
): Promise<boolean> {
  const pid = nodePid(directory);
  if (pid !== undefined) {
    process.kill(pid, signal);
    const deadline = Date.now() + STOP_TIMEOUT_MS;
    while (nodePid(directory) !== undefined) {
      if (Date.now() > deadline) process.kill(pid, 'SIGKILL');
      await sleep(50);
    }
  }
  rmSync(join(directory, 'kafka.pid'), { force: true });
  return pid !== undefined;
}

/** The pid of this folder's running node. Its command line is compared: a pid may belong to another program by now. */
export function nodePid(directory: string): number | undefined {
  const path = join(directory, 'kafka.pid');
  const pid = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
  if (pid <= 0) return undefined;
  try {
    process.kill(pid, 0);
  } catch {
    return undefined;
  }
  const commandLine = `/proc/${pid}/cmdline`;
  if (!existsSync('/proc/self/cmdline')) return pid; // a system without /proc
  const words = existsSync(commandLine) ? readFileSync(commandLine, 'utf8') : '';
  return words.includes(join(directory, 'server.properties')) ? pid : undefined;
}

/** The port that this folder's node was started on. */
export function nodePort(directory: string): number | undefined {
  const settings = join(directory, 'server.properties');
  const match = existsSync(settings)
    ? /^listeners=PLAINTEXT:.*?:(\d+),/m.exec(readFileSync(settings, 'utf8'))
    : null;
  return match ? Number(match[1]) : undefined;
}

/** 16 random bytes as Kafka writes its ids; not one that would look like an option. */
function clusterId(): string {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? clusterId() : id;
}

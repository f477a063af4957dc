/** An installation with tokens of two tenants, and everything that it ever showed anybody. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import type { Scope } from '#infra/access/access.ts';
import { createToken } from '#infra/access/store.ts';
import { urlOf } from '#infra/endpoints.ts';
import { portOf, type ServiceName } from '#infra/stack/services.ts';
import type { OtlpTraces } from '#schemas/otlp/write.ts';
import { type Installation, startInstallation } from './installation.ts';
import { Program } from './program.ts';
import type { Sender } from './sender.ts';
import { exportOf, type MadeTrace } from './workload.ts';

/** A token that nobody has made. */
export const WRONG_TOKEN = `ati_${'canaryWrong'.repeat(4).slice(0, 43)}`;
/** ATI's services, without the agents, the embedded broker and the engine. */
export const SERVICES: readonly ServiceName[] = ['ingest', 'api', 'processor', 'sink'];

/** Tokens by name: `agents` of tenant mesh; of acme and globex `-agent`, `-analyst` and `-operator`. */
export class Tokens {
  readonly directory: string;
  readonly file: string;
  readonly all = new Map<string, string>();

  private constructor(directory: string) {
    this.directory = directory;
    this.file = path.join(directory, 'tokens.json');
  }

  static async make(): Promise<Tokens> {
    const tokens = new Tokens(await mkdtemp(path.join(tmpdir(), 'ati-access-')));
    await tokens.add('agents', 'mesh', 'ingest');
    for (const tenant of ['acme', 'globex']) {
      await tokens.add(`${tenant}-agent`, tenant, 'ingest');
      await tokens.add(`${tenant}-analyst`, tenant, 'read');
      await tokens.add(`${tenant}-operator`, tenant, 'read', 'operate');
    }
    return tokens;
  }

  async add(name: string, tenant: string, ...scopes: Scope[]): Promise<void> {
    const made = await createToken(this.file, { name, tenant, scopes }, new Date());
    if (!made.ok) throw new Error(made.reason);
    this.all.set(name, made.value);
  }

  of(name: string): string {
    const token = this.all.get(name);
    if (token === undefined) throw new Error(`no token ${name}`);
    return token;
  }
}

export class Guarded {
  readonly installation: Installation;
  readonly tokens: Tokens;
  readonly sender: Sender;

  private constructor(installation: Installation, tokens: Tokens, sender: Sender) {
    this.installation = installation;
    this.tokens = tokens;
    this.sender = sender;
  }

  /** `agents`: the name of the token that the synthetic agents send. */
  static async start(tokens: Tokens, sender: Sender, agents: string, env: Record<string, string>) {
    const own = { ATI_TOKENS_FILE: tokens.file, ATI_TOKEN: tokens.of(agents) };
    return new Guarded(await startInstallation({ agents: true, env: { ...own, ...env } }), tokens, sender);
  }

  async end(): Promise<void> {
    await this.installation.stop();
    await this.installation.remove();
    await rm(this.tokens.directory, { recursive: true, force: true });
  }

  doorOf(name: ServiceName): string {
    const { stack, config } = this.installation;
    const service = stack.services.find((each) => each.name === name);
    if (service === undefined) throw new Error(`no ${name}`);
    return urlOf(config, portOf(service, config));
  }

  /** What the API answers to a token; it must be 200. */
  async answer<T>(route: string, name: string, body?: object): Promise<T> {
    const sent = { token: this.tokens.of(name), ...(body && { body }) };
    const { status, text } = await this.sender.ask(`${this.installation.apiUrl}${route}`, sent);
    expect([status, text]).toEqual([200, text]);
    return JSON.parse(text) as T;
  }

  async statusOf(route: string, name: string): Promise<number> {
    return (await this.sender.ask(`${this.installation.apiUrl}${route}`, { token: this.tokens.of(name) }))
      .status;
  }

  /** A command of the sinks' wing, with a token or ''. */
  async command(program: string, args: readonly string[], bearer: string) {
    const env = { ...this.installation.env, ATI_TOKEN: bearer, NO_COLOR: '1' };
    const run = new Program(`sinks/${program}/main.ts`, args, env);
    const code = await run.exit();
    this.sender.heard.push(run.screen);
    return { code, screen: run.screen };
  }

  /** Log lines, command lines of the processes, metrics, and every answer that anybody was given. */
  async everythingSeen(): Promise<string> {
    const { stack, config } = this.installation;
    const seen = [...this.sender.heard];
    const logs = path.join(config.ATI_DATA_DIR, 'logs');
    for (const name of await readdir(logs)) seen.push(await readFile(path.join(logs, name), 'utf8'));
    for (const { name } of stack.services)
      seen.push(await readFile(`/proc/${stack.pid(name)}/cmdline`, 'utf8'));
    for (const name of SERVICES) {
      const token = this.tokens.of('acme-analyst');
      const metrics = await this.sender.ask(`${this.doorOf(name)}/metrics`, { token });
      expect(metrics.text).toContain('# TYPE ');
      seen.push(metrics.text);
    }
    return seen.join('\n');
  }
}

export function expectNoSecret(seen: string, secrets: readonly string[]): void {
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(10);
    expect(seen).not.toContain(secret);
    expect(seen).not.toContain(encodeURIComponent(secret));
    expect(seen).not.toContain(Buffer.from(secret).toString('base64').replace(/=+$/, ''));
  }
}

/** A tenant's export of a trace: names of its own, ids as they are. */
export function exportFrom(tenant: string, { spans }: MadeTrace): OtlpTraces {
  const key = 'gen_ai.agent.name';
  const own = spans.map((span) => {
    const attributes = (span.attributes ?? {}) as Record<string, string>;
    const renamed = key in attributes && { [key]: `${tenant}-${attributes[key]}` };
    return { ...span, attributes: { ...attributes, ...renamed } };
  });
  return exportOf(own, `${tenant}-service`);
}

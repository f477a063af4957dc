/** A real Toxiproxy, led over its HTTP API: https://github.com/Shopify/toxiproxy#http-api */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '#infra/ports.ts';
import { until } from '#infra/testing/until.ts';

/** A fault on a link. `upstream`: towards the server; `downstream`: its answers. */
export interface Toxic {
  readonly type: 'latency' | 'limit_data' | 'reset_peer' | 'slow_close' | 'bandwidth' | 'timeout';
  readonly stream: 'upstream' | 'downstream';
  readonly attributes: Readonly<Record<string, number>>;
}

/** A link through it. */
export interface Link {
  /** host:port */
  readonly address: string;
  add(toxic: Toxic): Promise<void>;
  /** Takes every toxic away. Connections stay as they are. */
  heal(): Promise<void>;
}

export interface Toxiproxy {
  link(name: string, listenOn: number, port: number): Promise<Link>;
  stop(): Promise<void>;
}

/** `binary`: what `npm run peers -- toxiproxy` builds. */
export async function startToxiproxy(binary: string): Promise<Toxiproxy> {
  const port = await freePort();
  const child = spawn(binary, ['-host', '127.0.0.1', '-port', String(port)], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const orphan = () => void child.kill('SIGTERM');
  process.once('exit', orphan);
  const call = async (method: string, path: string, body?: object): Promise<void> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    if (!response.ok)
      throw new Error(`Toxiproxy: ${method} ${path}: ${response.status} ${await response.text()}`);
    await response.arrayBuffer();
  };
  await until('Toxiproxy answers', () =>
    call('GET', '/version').then(
      () => true,
      () => false,
    ),
  );
  return {
    async link(name, listenOn, target) {
      const address = `127.0.0.1:${listenOn}`;
      await call('POST', '/proxies', {
        name,
        listen: address,
        upstream: `127.0.0.1:${target}`,
        enabled: true,
      });
      const added: string[] = [];
      return {
        address,
        async add({ type, stream, attributes }) {
          const toxic = `${type}-${stream}`;
          await call('POST', `/proxies/${name}/toxics`, {
            name: toxic,
            type,
            stream,
            toxicity: 1,
            attributes,
          });
          added.push(toxic);
        },
        async heal() {
          for (const toxic of added.splice(0)) await call('DELETE', `/proxies/${name}/toxics/${toxic}`);
        },
      };
    },
    async stop() {
      orphan();
      await exited;
      process.off('exit', orphan);
    },
  };
}

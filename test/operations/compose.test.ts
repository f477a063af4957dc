/** docker-compose.yml as it is read: what it publishes, pins and mounts. It is not started here. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): unknown => parse(readFileSync(path.join(root, file), 'utf8'), { merge: true });

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly command?: string | string[];
  readonly profiles?: readonly string[];
  readonly ports: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
}
const compose = read('docker-compose.yml') as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
};
const services = Object.entries(compose.services);

test('every port is published on loopback, and none twice', () => {
  const published = services.flatMap(([, { ports }]) => ports);
  expect(published.filter((port) => !/^127\.0\.0\.1:\d+:\d+$/.test(port))).toEqual([]);
  expect(new Set(published.map((port) => port.split(':')[1])).size).toBe(published.length);
});

test('images are pinned, programs exist, what is mounted is there', () => {
  for (const [name, { image, command, volumes = [], depends_on = {} }] of services) {
    expect([name, image]).toEqual([name, expect.stringMatching(/:v?\d+\.\d+(\.\d+)?$/)]);
    const [, program] = /^node (\S+)$/.exec(String(command)) ?? [];
    if (program !== undefined)
      expect([program, existsSync(path.join(root, program))]).toEqual([program, true]);
    for (const [from] of volumes.map((volume) => volume.split(':'))) {
      const there = from.startsWith('./') ? existsSync(path.join(root, from)) : from in compose.volumes;
      expect([name, from, there]).toEqual([name, from, true]);
    }
    for (const other of Object.keys(depends_on)) expect(compose.services).toHaveProperty(other);
  }
});

test('monitoring is asked for by its profile, and looks at services that are there', () => {
  for (const name of ['prometheus', 'grafana'])
    expect(compose.services[name].profiles).toEqual(['monitoring']);
  const { scrape_configs: jobs } = read('infra/prometheus/prometheus.yml') as {
    scrape_configs: { static_configs: { targets: string[] }[] }[];
  };
  const targets = jobs.flatMap((job) => job.static_configs.flatMap((each) => each.targets));
  expect(targets.length).toBeGreaterThan(3);
  for (const [name, port] of targets.map((target) => target.split(':'))) {
    const inside = compose.services[name].ports.map((published) => published.split(':')[2]);
    expect([name, inside]).toEqual([name, [port]]);
  }
  const { datasources } = read('infra/grafana/provisioning/datasources/prometheus.yaml') as {
    datasources: { url: string }[];
  };
  expect(datasources.map(({ url }) => url)).toEqual(['http://prometheus:9090']);
  const { providers } = read('infra/grafana/provisioning/dashboards/ati.yaml') as {
    providers: { options: { path: string } }[];
  };
  const mounts = compose.services.grafana.volumes ?? [];
  expect(mounts).toContain(`./infra/grafana/ati.json:${providers[0].options.path}/ati.json:ro`);
});

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parser } from '@prometheus-io/lezer-promql';
import { type Metric, register } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import '#infra/metrics.ts';
import { readConfig } from '#infra/config.ts';

const root = path.resolve(import.meta.dirname, '../..');
const text = (file: string) => readFileSync(path.join(root, file), 'utf8');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook_url: string };
}
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly description: string;
  readonly datasource: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly legendFormat: string;
  }[];
}

const { groups } = parse(text('infra/prometheus/alerts.yml')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(text('infra/grafana/ati.json')) as {
  uid: string;
  panels: Panel[];
  templating: { list: { name: string; current: { value: string } }[] };
};

/** Of what Prometheus itself adds to a series. */
const TARGET_LABELS = ['job', 'instance'];

/** Label names of each series that our processes show; undefined for a name that none of them has. */
function labelsOf(series: string): readonly string[] | undefined {
  if (series === 'up') return TARGET_LABELS;
  const suffix = /_(bucket|sum|count)$/.exec(series)?.[1];
  const metric =
    register.getSingleMetric(series) ?? register.getSingleMetric(series.replace(/_(bucket|sum|count)$/, ''));
  if (metric === undefined) return undefined;
  const { labelNames } = metric as Metric & { labelNames: readonly string[] };
  return [...labelNames, ...TARGET_LABELS, ...(suffix === 'bucket' ? ['le'] : [])];
}

interface Expression {
  readonly errors: number;
  readonly selectors: readonly { readonly series: string; readonly labels: readonly string[] }[];
  /** Of `by (…)`. */
  readonly grouped: readonly string[];
}

/** Grafana's own variables as it fills them in. */
const filled = (expr: string) => expr.replaceAll('$__rate_interval', '5m');

function read(expr: string): Expression {
  let errors = 0;
  const selectors: { series: string; labels: string[] }[] = [];
  const grouped: string[] = [];
  const source = filled(expr);
  parser.parse(source).iterate({
    enter(node) {
      const own = source.slice(node.from, node.to);
      if (node.type.isError) errors++;
      if (node.name === 'VectorSelector') selectors.push({ series: '', labels: [] });
      if (node.name === 'Identifier' && node.node.parent?.name === 'VectorSelector')
        selectors[selectors.length - 1].series = own;
      if (node.name === 'LabelName') {
        if (node.node.parent?.name === 'GroupingLabels') grouped.push(own);
        else selectors[selectors.length - 1]?.labels.push(own);
      }
    },
  });
  return { errors, selectors, grouped };
}

const expressions = [
  ...rules.map(({ alert, expr }) => [`alert ${alert}`, expr] as const),
  ...dashboard.panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => [`panel ${title}`, expr] as const),
  ),
];

test('the reader of expressions sees what is wrong', () => {
  expect(read('sum by (topic (ati_x)').errors).toBeGreaterThan(0);
  expect(read('sum by (topic) (rate(ati_x{code="503"}[5m]))')).toEqual({
    errors: 0,
    selectors: [{ series: 'ati_x', labels: ['code'] }],
    grouped: ['topic'],
  });
  expect(labelsOf('ati_nothing_total')).toBeUndefined();
  expect(labelsOf('ati_insert_seconds_bucket')).toContain('le');
});

describe.each(expressions)('%s', (_, expr) => {
  test('parses, and names metrics and labels that there are', () => {
    const { errors, selectors, grouped } = read(expr);
    expect(errors, expr).toBe(0);
    expect(selectors.length, expr).toBeGreaterThan(0);
    for (const { series, labels } of selectors) {
      const known = labelsOf(series);
      expect(known, `${series} is no metric of ours`).toBeDefined();
      expect(known, series).toEqual(expect.arrayContaining([...labels, ...grouped]));
    }
  });
});

describe('alerts', () => {
  /** Anchors as GitHub makes them of headings. */
  const anchors = text('docs/operations.md')
    .split('\n')
    .filter((line) => line.startsWith('#'))
    .map((line) =>
      line
        .replace(/^#+ /, '')
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    );

  test.each(rules.map((rule) => [rule.alert, rule] as const))(
    '%s says what, how bad, and what to do',
    (_, rule) => {
      expect(rule.annotations.summary.length).toBeGreaterThan(20);
      expect(['warning', 'critical']).toContain(rule.labels.severity);
      expect(rule.for).toMatch(/^\d+[smh]$/);
      const [page, anchor] = rule.annotations.runbook_url.split('#');
      expect(page).toBe('docs/operations.md');
      expect(anchors).toContain(anchor);
      // A label of the summary is one that the expression leaves.
      const { grouped } = read(rule.expr);
      for (const [, label] of rule.annotations.summary.matchAll(/\$labels\.(\w+)/g))
        expect(grouped.length === 0 ? TARGET_LABELS : grouped, label).toContain(label);
    },
  );

  test('names are unique', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });
});

describe('the dashboard', () => {
  test('panels have ids of their own, do not overlap, and say what they show', () => {
    const taken = new Set<string>();
    for (const { title, description, gridPos, targets } of dashboard.panels) {
      expect(description.length, title).toBeGreaterThan(5);
      expect(
        targets.every(({ legendFormat }) => legendFormat !== ''),
        title,
      ).toBe(true);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x},${y}`), title).toBe(false);
          taken.add(`${x},${y}`);
        }
      }
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
    }
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('its data source is the provisioned one', () => {
    const provisioned = parse(text('infra/grafana/provisioning/datasources/prometheus.yaml')) as {
      datasources: { uid: string; type: string }[];
    };
    const [variable] = dashboard.templating.list;
    expect(variable.current.value).toBe(provisioned.datasources[0].uid);
    expect(new Set(dashboard.panels.map(({ datasource }) => datasource.uid))).toEqual(
      new Set([`\${${variable.name}}`]),
    );
  });

  test('every metric of ATI is on it or in an alert, or is known to be left out', () => {
    const shown = new Set(
      expressions.flatMap(([, expr]) =>
        read(expr).selectors.map(({ series }) => series.replace(/_bucket$/, '')),
      ),
    );
    const left = register
      .getMetricsAsArray()
      .map(({ name }) => name)
      .filter((name) => name.startsWith('ati_') && !shown.has(name));
    expect(left.sort()).toEqual([
      'ati_data_points_accepted_total',
      'ati_data_points_rejected_total',
      'ati_log_records_accepted_total',
      'ati_log_records_rejected_total',
      'ati_operator_actions_unfit_total',
      'ati_records_consumed_total',
      'ati_span_batches_produced_total',
      'ati_spans_late_total',
      'ati_telemetry_batches_produced_total',
    ]);
  });
});

test('Prometheus scrapes every service that has metrics, at its default port', () => {
  const { scrape_configs: jobs } = parse(text('infra/prometheus/prometheus.yml')) as {
    scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
  };
  const config = readConfig({});
  if (!config.ok) throw new Error(config.message);
  const { ATI_INGEST_PORT, ATI_PROCESSOR_PORT, ATI_SINK_PORT, ATI_API_PORT } = config.config;
  expect(Object.fromEntries(jobs.map((job) => [job.job_name, job.static_configs[0].targets]))).toEqual({
    'ati-ingest': [`ingest:${ATI_INGEST_PORT}`],
    'ati-processor': [`processor:${ATI_PROCESSOR_PORT}`],
    'ati-sink': [`sink:${ATI_SINK_PORT}`],
    'ati-api': [`api:${ATI_API_PORT}`],
  });
});

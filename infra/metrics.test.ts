import { register } from 'prom-client';
import { expect, test } from 'vitest';
import { metrics, metricsText } from './metrics.ts';

test('names: ati_ first; counters end in _total; each says what it is', async () => {
  const found = (await register.getMetricsAsJSON()).filter(({ name }) => name.startsWith('ati_'));
  expect(found.length).toBe(Object.keys(metrics).length);
  for (const { name, help, type } of found) {
    expect(help.length, name).toBeGreaterThan(5);
    expect(name.endsWith('_total'), name).toBe(String(type) === 'counter');
  }
});

test('what is counted is in the text, with its labels', async () => {
  metrics.incidents.inc({ event: 'opened', kind: 'retry_storm' });
  metrics.spansAccepted.inc(3);
  const { body } = await metricsText();
  expect(body).toContain('ati_incident_events_total{event="opened",kind="retry_storm"} 1');
  expect(body).toContain('ati_spans_accepted_total 3');
});

/** Whatever detectors say about what explains what: every symptom names a root of the trace, and every root its symptoms. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Finding } from '#schemas/events.ts';
import { criticalPath } from '../trace/critical-path.ts';
import { viewOf } from '../trace/testkit.ts';
import { markRoots } from './roots.ts';

const view = viewOf([{ id: 1, name: 'workflow', start: 0, end: 1 }]);
const context = { tenant: 'default', view, critical: criticalPath(view) };

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
const finding: fc.Arbitrary<Finding> = fc.record({
  kind: fc.constantFrom('fanout_collapse', 'retry_storm', 'blocking_chain', 'starvation', 'whatever'),
  incidentId: id,
  severity: fc.constantFrom('warning', 'critical'),
  agent: fc.constant('agent'),
  operation: fc.constant('operation'),
  signature: fc.constantFrom('one', 'two'),
  root: fc.boolean(),
  evidence: fc.constantFrom(1.1, 3).map((value) => [
    { name: 'amplification', value, unit: 'ratio' },
    { name: 'cumulated_latency', value: 5000, unit: 'ms' },
  ]),
  timeline: fc.constant([]),
  explanation: fc.constant(''),
  recommendations: fc.constant([]),
  explains: fc.constant([]),
  explainedBy: fc.oneof(fc.constant(''), id, fc.constant('gone')),
});
const findings = fc.uniqueArray(finding, { selector: (each) => each.incidentId, maxLength: 8 });

test('symptoms name roots, roots name their symptoms, nothing is lost', () => {
  fc.assert(
    fc.property(findings, (given) => {
      const marked = markRoots(given, context);
      expect(marked.map(({ incidentId }) => incidentId)).toEqual(given.map(({ incidentId }) => incidentId));
      const byId = new Map(marked.map((each) => [each.incidentId, each]));
      for (const each of marked) {
        expect(each.root).toBe(each.explainedBy === '');
        if (!each.root) expect(byId.get(each.explainedBy)?.root).toBe(true);
        const symptoms = marked.filter((other) => other.explainedBy === each.incidentId);
        expect(each.explains.map(({ incidentId }) => incidentId)).toEqual(
          symptoms.map(({ incidentId }) => incidentId).sort(),
        );
      }
      if (given.length > 0) expect(marked.some(({ root }) => root)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test('a finding that something here explains, and that explains nothing back, is no root', () => {
  fc.assert(
    fc.property(findings, (given) => {
      const named = new Set(given.map(({ explainedBy }) => explainedBy));
      for (const { incidentId, explainedBy, root } of markRoots(given, context)) {
        const before = given.find((each) => each.incidentId === incidentId)!.explainedBy;
        const isThere = given.some((each) => each.incidentId === before && before !== incidentId);
        if (isThere && !named.has(incidentId)) expect([root, explainedBy === '']).toEqual([false, false]);
      }
    }),
  );
});

test('the order of the findings changes nothing', () => {
  fc.assert(
    fc.property(findings, (given) => {
      const sorted = (all: Finding[]) => all.sort((a, b) => (a.incidentId < b.incidentId ? -1 : 1));
      expect(sorted(markRoots([...given].reverse(), context))).toEqual(sorted(markRoots(given, context)));
    }),
  );
});

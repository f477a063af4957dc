/** Why traces are slow, as the API gives it: see sinks/attribution/result.ts. */
import { z } from 'zod';
import { ownerJson } from './critical-path-json.ts';

const names = ownerJson.omit({ type: true });
const part = z.number().describe('0 to 1');

const rootJson = z.object({ service: z.string(), agent: z.string(), operation: z.string() });

const sampleJson = z.object({
  traces: z.number().int().describe('how many there are'),
  sampled: z.number().int().describe('how many of them were looked at: all, or a random part'),
  meanMs: z.number().describe('mean path time without waits for a person'),
  waitMs: z.number().describe('mean wait for a person'),
});

const causeJson = names.extend({
  kind: z
    .enum(['operation', 'instance', 'edge'])
    .describe('instance: the operation on `slowInstances` alone; edge: the way between caller and callee'),
  slowInstances: z.array(z.string()).describe('at most 5'),
  moreSlowInstances: z.number().int().describe('slow ones beyond those'),
  meanMs: z.number().describe('exclusive time on the path, of all traces of the set'),
  baselineMeanMs: z.number(),
  extraMs: z.number().describe('meanMs less baselineMeanMs'),
  share: part.describe('of what all causes have grown by; with `rest` they sum to 1'),
  moreMs: z.number().describe('of extraMs: because there are more spans of it on the path'),
  slowerMs: z.number().describe('of extraMs: because its spans are slower'),
  spansPerTrace: z.number(),
  baselineSpansPerTrace: z.number(),
  msPerSpan: z.number(),
  baselineMsPerSpan: z.number().nullable().describe('null: new'),
  isNew: z.boolean().describe('in no trace of the baseline'),
  traces: z.number().int().describe('of the set, in which it took longer than in 95 % of the baseline’s'),
  baselineTraces: z.number().int().describe('of the baseline, whose path it is on'),
  standardErrorMs: z.number().describe('of extraMs'),
  confidence: z.enum(['high', 'medium', 'low']).describe('low: chance, or one or two traces alone'),
  exemplarTraceIds: z.array(z.string()).describe('in which it took longest'),
  movedTo: z
    .object({
      instance: z.string(),
      load: part,
      baselineLoad: part,
      baselineMsPerSpan: z.number(),
    })
    .nullable()
    .describe('more of it runs on an instance that was slow before too'),
  byInstance: z
    .array(
      z.object({
        instance: z.string(),
        load: part.describe('of its spans on paths now'),
        hits: z.number().int().describe('traces of the set that it was slow in'),
        excess: part.describe('of its time beyond what was to be expected'),
        msPerSpan: z.number().nullable(),
        baselineMsPerSpan: z.number().nullable(),
      }),
    )
    .describe('at most 10, of causes after the 20th 3: the slow ones, then the most excess first'),
  moreInstances: z.number().int().describe('instances that are not in `byInstance`'),
  text: z.string().describe('one or two sentences with these numbers'),
});

const changeJson = ownerJson.extend({
  traces: z.number().int().describe('of the set, whose path it is on'),
  meanMs: z.number(),
  baselineMeanMs: z.number(),
  extraMs: z.number(),
});

const failureJson = z.object({
  role: z.string(),
  service: z.string(),
  agent: z.string(),
  operation: z.string(),
  traces: z.number().int().describe('in which an error begins here: nothing that it calls failed'),
  share: part.describe('of the failing traces; one may have several beginnings'),
  errors: z.number().int().describe('failed spans in them'),
  failingInstance: z.string().describe('where it fails on one instance alone, that; else empty'),
  instances: z
    .array(z.object({ instance: z.string(), traces: z.number().int(), load: part }))
    .describe('at most 10, after the 20th failure 3: the most traces first'),
  moreInstances: z.number().int().describe('instances that are not in the list'),
  exemplarTraceIds: z.array(z.string()),
});

export const attributionJson = z.object({
  from: z.string(),
  to: z.string(),
  baselineFrom: z.string().nullable().describe('null: the other traces of the same time are the baseline'),
  baselineTo: z.string().nullable(),
  root: rootJson.nullable().describe('the root operation that this is about; null: there is no trace'),
  others: z
    .array(rootJson.extend({ traces: z.number().int() }))
    .describe('other root operations that the parameters leave, the most time first'),
  slow: z.string().describe('the rule'),
  thresholdMs: z.number().nullable().describe('slow is what takes so long or longer, waits left out'),
  set: sampleJson,
  baseline: sampleJson,
  refused: z.string().describe('why no causes are named; empty: they are'),
  summary: z.string(),
  extraMs: z.number().describe('the set’s meanMs less the baseline’s: grownMs less shrunkMs'),
  grownMs: z.number(),
  shrunkMs: z.number(),
  causes: z.array(causeJson).describe('ranked: what could be chance last, else the most extra time first'),
  rest: z
    .object({ causes: z.number().int(), extraMs: z.number(), share: part })
    .nullable()
    .describe('further causes together'),
  instances: z
    .array(z.object({ instance: z.string(), causes: z.number().int(), extraMs: z.number(), share: part }))
    .describe('what is slow on one instance, over all its operations; at most 20'),
  faster: z.array(changeJson).describe('what has become faster, or left the path: extraMs is negative'),
  waits: z.array(changeJson).describe('waits for a person: in no cause and in no share'),
  failures: z.array(failureJson).describe('with slow=failing: where the errors begin'),
  more: z
    .object({
      instances: z.number().int(),
      faster: z.number().int(),
      waits: z.number().int(),
      failures: z.number().int(),
    })
    .describe('how many each of these lists has left out'),
});

/** The critical path of many traces together, as the API gives it. */
import { z } from 'zod';

/** Who owns time on the path. */
export const ownerJson = z.object({
  type: z.string().describe('self: own time; edge: between caller and callee; idle: waiting for a person'),
  role: z.string(),
  service: z.string().describe('of an edge the callee’s, as are agent and operation'),
  agent: z.string(),
  operation: z.string(),
  callerService: z.string().describe('of an edge; else empty'),
  callerOperation: z.string().describe('of an edge; else empty'),
});

export const aggregatedShare = ownerJson.extend({
  instance: z
    .string()
    .describe(
      'with by=instance: service.instance.id, else host.name, k8s.pod.name, container.id; else empty',
    ),
  traces: z.number().int().describe('on whose path it is'),
  spans: z.number().int().describe('that own a piece of it, in all traces'),
  errors: z.number().int().describe('of them, failed'),
  totalMs: z.number().describe('exclusive time on the path, in all traces'),
  meanMs: z.number().describe('totalMs per trace, of all traces'),
  share: z.number().describe('of the path time of all traces, 0 to 1; with `rest` they sum to 1'),
  p50Ms: z.number().describe('of the traces that it is on'),
  p95Ms: z.number().describe('of the traces that it is on'),
  dragMs: z
    .number()
    .describe('by how much less all traces would have taken without it; drags of several do not add up'),
  savingMs: z
    .number()
    .describe('dragMs per trace: if it took no time, the mean trace would be so much shorter'),
});

export const criticalPathJson = z.object({
  from: z.string(),
  to: z.string(),
  traces: z.number().int().describe('closed traces with a root in the range'),
  withoutPath: z.number().int().describe('more of them, stored by an older version: not in any number here'),
  totalMs: z.number().describe('path time of all traces'),
  meanMs: z.number().describe('path time per trace'),
  p50Ms: z.number().describe('of the traces’ path times'),
  p95Ms: z.number().describe('of the traces’ path times'),
  shares: z.array(aggregatedShare).describe('the greatest share first'),
  rest: z
    .object({
      shares: z.number().int(),
      spans: z.number().int(),
      errors: z.number().int(),
      totalMs: z.number(),
      meanMs: z.number(),
      share: z.number(),
    })
    .nullable()
    .describe('what `limit` leaves out, together; null: nothing'),
});

/** For tests: samples of traces, with times in ms. */
import type { Sample, Share, TraceShares } from './sample.ts';

export const share = (operation: string, ms: number, given: Partial<Share> = {}): Share => ({
  ...{ type: 'self', role: 'tool', service: 'tools', agent: 'tools', operation, instance: '' },
  ...{ callerService: '', callerOperation: '', spans: 1, errors: 0, pathNs: Math.round(ms * 1e6) },
  ...given,
});

export const edge = (callee: string, ms: number, given: Partial<Share> = {}): Share =>
  share(callee, ms, { type: 'edge', callerService: 'agents', callerOperation: 'plan', ...given });

export const wait = (ms: number): Share =>
  share('approve', ms, { type: 'idle', role: 'human', service: 'agents' });

/** A number from -1 to 1 that looks random and is always the same for `i`. */
export const noise = (i: number): number => {
  const x = Math.sin(i * 12.9898) * 43758.5453;
  return (x - Math.floor(x)) * 2 - 1;
};

let made = 0;

/** `n` traces; `total`: how many they stand for. */
export function sample(n: number, shares: (i: number) => readonly Share[], total = n): Sample {
  const traces = Array.from({ length: n }, (_, i): TraceShares => {
    made++;
    return { traceId: made.toString(16).padStart(32, '0'), shares: shares(i) };
  });
  return { traces, total };
}

export const NONE: Sample = { traces: [], total: 0 };

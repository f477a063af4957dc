/** What is counted and logged of requests. Never their content: a refusal's message is ours. */
import type { Denial } from '#infra/access/guard.ts';
import type { Logger } from '#infra/log.ts';
import { metrics } from '#infra/metrics.ts';
import { type Dropped, nothingDropped } from '#schemas/otlp/dropped.ts';
import { DroppedNotice } from './dropped-notice.ts';
import type { Observer } from './receive.ts';
import type { Signal } from './signals.ts';
import type { SplitRequest } from './split-request.ts';
import { Throttle } from './throttle.ts';

const LOG_INTERVAL_MS = 1_000;

const COUNTERS = {
  traces: { accepted: metrics.spansAccepted, rejected: metrics.spansRejected },
  metrics: { accepted: metrics.dataPointsAccepted, rejected: metrics.dataPointsRejected },
  logs: { accepted: metrics.logRecordsAccepted, rejected: metrics.logRecordsRejected },
};

const DROPPED = Object.keys(nothingDropped()) as (keyof Dropped)[];
const ACCEPTED = { code: 200 };

/** `now` in unix ms. */
export function observeRequests(log: Logger, now: () => number): Observer {
  const throttle = new Throttle(LOG_INTERVAL_MS);
  const notice = new DroppedNotice(log);
  return {
    accepted(signal, split) {
      metrics.requests.inc(ACCEPTED);
      countSplit(signal, split);
      notice.add(split.dropped, now());
    },
    refused(signal, { status, message, cause }, bytes) {
      metrics.requests.inc({ code: status });
      const unlogged = throttle.pass(status, now());
      if (unlogged === undefined) return;
      const why = cause === undefined ? {} : { cause: cause.message };
      log.warn({ signal, status, reason: message, ...why, bytes, unlogged }, 'export refused');
    },
  };
}

/** Of requests without a right token. Neither the header nor who it may have meant is told. */
export function observeDenials(log: Logger, now: () => number): (denial: Denial) => void {
  const throttle = new Throttle(LOG_INTERVAL_MS);
  return ({ status, message }) => {
    metrics.requests.inc({ code: status });
    const unlogged = throttle.pass(status, now());
    if (unlogged !== undefined) log.warn({ status, reason: message, unlogged }, 'request refused');
  };
}

/** Counts an export that the log has, by whichever door it came. */
export function countSplit(signal: Signal, { accepted, rejected, dropped }: SplitRequest): void {
  const counters = COUNTERS[signal];
  counters.accepted.inc(accepted);
  if (rejected > 0) counters.rejected.inc(rejected);
  for (const what of DROPPED) if (dropped[what] > 0) metrics.attributesDropped.inc({ what }, dropped[what]);
}

/** What is counted and logged of requests. Never their content: a refusal's message is ours. */
import type { Logger } from '#infra/log.ts';
import { metrics } from '#infra/metrics.ts';
import type { Observer } from './receive.ts';
import { Throttle } from './throttle.ts';

const LOG_INTERVAL_MS = 1_000;

/** `now` in unix ms. */
export function observeRequests(log: Logger, now: () => number): Observer {
  const throttle = new Throttle(LOG_INTERVAL_MS);
  return {
    accepted({ accepted, rejected, dropped }) {
      metrics.requests.inc({ code: 200 });
      metrics.spansAccepted.inc(accepted);
      if (rejected > 0) metrics.spansRejected.inc(rejected);
      for (const [what, count] of Object.entries(dropped))
        if (count > 0) metrics.attributesDropped.inc({ what }, count);
    },
    refused({ status, message, cause }, bytes) {
      metrics.requests.inc({ code: status });
      const unlogged = throttle.pass(status, now());
      if (unlogged === undefined) return;
      const why = cause === undefined ? {} : { cause: cause.message };
      log.warn({ status, reason: message, ...why, bytes, unlogged }, 'export refused');
    },
  };
}

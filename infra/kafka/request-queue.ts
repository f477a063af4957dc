/** The part of kafkajs's request queue that the correction touches. */
interface RequestQueue {
  readonly pending: readonly unknown[];
  /** Milliseconds since the epoch; -1 without throttling. */
  readonly throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

/** How long a request waits that finds too many others in flight (kafkajs's own value). */
const RECHECK_MS = 10;

/**
 * Corrects kafkajs #1751 at its source: after each answer its queue sets a timer of a negative time, for which Node
 * prints TimeoutNegativeWarning, and which fires every millisecond for as long as the connection lives. A timer is
 * needed only when a request waits.
 */
export function fixRequestQueue(queue: { readonly prototype: RequestQueue }): void {
  queue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.throttleCheckTimeoutId || this.pending.length === 0) return;
    const throttled = this.throttledUntil - Date.now();
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      throttled > 0 ? throttled : RECHECK_MS,
    );
  };
}

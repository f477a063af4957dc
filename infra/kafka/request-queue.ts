interface SentRequest {
  /** Milliseconds since the epoch. */
  readonly sentAt: number;
  readonly requestTimeout: number;
  timeoutRequest(): void;
}

/** The part of kafkajs's request queue that the corrections touch. */
interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly inflight: ReadonlyMap<number, SentRequest>;
  readonly enforceRequestTimeout: boolean;
  requestTimeoutIntervalId: NodeJS.Timeout | undefined;
  isConnected(): boolean;
  /** Milliseconds since the epoch; -1 without throttling. */
  readonly throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
  scheduleRequestTimeoutCheck(): void;
}

/** How long a request waits that finds too many others in flight (kafkajs's own value). */
const RECHECK_MS = 10;
/** How often requests are looked at whose time may be over (kafkajs's own value). */
const TIMEOUT_CHECK_MS = 100;

/**
 * Corrects two faults of kafkajs at their source.
 *
 * #1751: after each answer its queue sets a timer of a negative time, for which Node prints TimeoutNegativeWarning, and
 * which fires every millisecond for as long as the connection lives. A timer is needed only when a request waits.
 *
 * And: the queue of a connection that is being closed stops to look at the time, while the closing waits for its
 * requests. On a half-open connection (nobody answers, nobody hangs up) the first request to time out has it closed, and
 * the others then waited for ever. They time out now, too.
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

  queue.prototype.scheduleRequestTimeoutCheck = function (this: RequestQueue) {
    if (!this.enforceRequestTimeout) return;
    clearInterval(this.requestTimeoutIntervalId);
    const timer = setInterval(() => {
      const now = Date.now();
      for (const request of [...this.inflight.values()]) {
        if (now - request.sentAt > request.requestTimeout) request.timeoutRequest();
      }
      if (!this.isConnected() && this.inflight.size === 0 && this.pending.length === 0) clearInterval(timer);
    }, TIMEOUT_CHECK_MS);
    this.requestTimeoutIntervalId = timer;
  };
}

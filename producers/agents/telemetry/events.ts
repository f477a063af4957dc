import type { Context } from '@opentelemetry/api';
import { logs, SeverityNumber } from '@opentelemetry/api-logs';
import { SCOPE } from './scope.ts';

/** `ati.workflow.ended`: once a run. `ati.tool.failed`: each answer of a tool that is an error. */
export type EventName = 'ati.workflow.ended' | 'ati.tool.failed';

/**
 * Emits a log record that joins the trace of `within`. It has no body, which would be content: all it tells is codes,
 * names, counts and durations.
 */
export function emitEvent(
  eventName: EventName,
  severity: 'INFO' | 'WARN',
  attributes: Readonly<Record<string, string | number>>,
  within: Context,
): void {
  logs.getLogger(SCOPE).emit({
    eventName,
    severityNumber: SeverityNumber[severity],
    severityText: severity,
    attributes,
    context: within,
  });
}

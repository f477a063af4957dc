import { CHAT_SHARE } from '../agent-app/choices.ts';
import type { HumanParameters } from '../agent-app/parameters.ts';
import type { GroundTruth } from '../truth.ts';
import { callMs } from './ideal.ts';

/** A person's wait is nobody's failure, however long. */
export function humanTruth({ human_delay_s, delay_ms }: HumanParameters): GroundTruth {
  // Who answers at once may have been waited for, or not.
  if (human_delay_s === 0) return { failures: [], insights: [] };
  const waiting = human_delay_s * 1000;
  const processing = 2 * delay_ms * CHAT_SHARE + 2 * callMs(delay_ms);
  const numbers = { waits: 1, waiting, processing, waiting_share: waiting / (waiting + processing) };
  return { failures: [], insights: [{ kind: 'human', found: true, numbers }] };
}

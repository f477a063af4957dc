/** What one tool call may be asked for: by the tool service's own bounds, which the agent app's parameters keep. */

/** ms that it waits, and ms that its answer takes on the wire. */
export const LONGEST_CALL_MS = 60_000;
/** Bytes that it answers with. */
export const LARGEST_PAYLOAD = 64 << 20;

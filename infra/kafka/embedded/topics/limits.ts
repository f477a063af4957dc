/** Partitions of one topic: a bound for what a mistyped number may cost. */
export const MAX_PARTITIONS = 1000;

/** How far virtual time is from ideal: small, and decided by the seed. Sizes as measured between processes of one machine. */
import type { Random } from './random.ts';

/** A request or an answer over loopback, until the other side's code runs: ms. */
export const network = (chance: Random): number => chance.between(0.2, 0.6);

/** How much later than asked a timer fires: ms. */
export const lateness = (chance: Random): number => chance.between(0.1, 0.5);

/** A timer of Node: whole ms, at least one. */
export const timer = (ms: number): number => Math.max(1, Math.trunc(ms));

/** By how much of its time a tool may take longer than asked, on a machine at rest. */
export const QUIET_SPREAD = 0.03;

/** A tool never takes less than asked, and up to `spread` of it more: ms. */
export const service = (chance: Random, delayMs: number, spread = QUIET_SPREAD): number =>
  delayMs * chance.between(1, 1 + spread);

/** A small write and its fsync: ms. */
export const fsync = (chance: Random): number => chance.between(1, 4);

/** What loopback carries when nothing holds it back: bytes a millisecond. */
export const LOOPBACK_BYTES_PER_MS = 1_000_000;

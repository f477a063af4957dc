import type { FindingKind } from '#schemas/events.ts';
import type { Detector } from './detector.ts';

/** A detector with its thresholds parsed. */
export interface ConfiguredDetector {
  readonly detector: Detector;
  readonly config: unknown;
  /** Digest of kind, version and thresholds, 16 hex digits. */
  readonly thresholdsDigest: string;
}

/** The registry with the thresholds of one process; read at start. */
export interface ConfiguredDetectors {
  readonly all: readonly ConfiguredDetector[];
  get(kind: FindingKind): ConfiguredDetector;
  thresholdsDigest(kind: FindingKind): string;
}

import type { WindowContext } from '../detectors/detector.ts';
import type { ConfiguredDetectors } from '../detectors/registry.ts';

/** A detector that threw while it judged a window: a bug of the detector. */
export interface WindowBug {
  readonly kind: string;
  readonly window: WindowContext;
  readonly error: unknown;
}

/**
 * The detectors, with one that throws on a window passed over for that window and reported: one window must not stop the
 * line. It is deterministic: a pure function throws again on the same window, so a replay passes over the same one.
 */
export function guardWindows(
  detectors: ConfiguredDetectors,
  report: (bug: WindowBug) => void,
): ConfiguredDetectors {
  const all = detectors.all.map((each) => {
    const { detector } = each;
    if (detector.inWindow === undefined) return each;
    const inWindow: typeof detector.inWindow = (window, config) => {
      try {
        return detector.inWindow?.(window, config) ?? [];
      } catch (error) {
        report({ kind: detector.kind, window, error });
        return [];
      }
    };
    return { ...each, detector: { ...detector, inWindow } };
  });
  return {
    all,
    get: (kind) => detectors.get(kind),
    thresholdsDigest: (kind) => detectors.thresholdsDigest(kind),
    titleOf: (kind) => detectors.titleOf(kind),
  };
}

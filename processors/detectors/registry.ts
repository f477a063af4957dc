import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import type { FindingKind } from '#schemas/events.ts';
import type { Detector } from './detector.ts';
import { problemsOf } from './registry-problems.ts';

const SUFFIX = '.detector.ts';

/** Every detector of ATI: the `detector` of each NAME.detector.ts beside this file, sorted by name. */
export const DETECTORS: readonly Detector[] = await findDetectors();

async function findDetectors(): Promise<Detector[]> {
  const files = readdirSync(new URL('.', import.meta.url)).filter((file) => file.endsWith(SUFFIX));
  return Promise.all(
    files.sort().map(async (file) => {
      const { detector } = (await import(new URL(file, import.meta.url).href)) as { detector?: Detector };
      const kind = file.slice(0, -SUFFIX.length).replaceAll('-', '_');
      if (detector?.kind !== kind) throw new Error(`${file} must export \`detector\`, of kind ${kind}`);
      return erased(detector);
    }),
  );
}

/** A detector whose config type is its own matter: what its functions get is what its schema gave. */
function erased<Config>(detector: Detector<Config>): Detector {
  return {
    kind: detector.kind,
    title: detector.title,
    version: detector.version,
    config: detector.config,
    inTrace: (trace, config) => detector.inTrace(trace, config as Config),
    ...(detector.inWindow && {
      inWindow: (window, config) => detector.inWindow?.(window, config as Config) ?? [],
    }),
    ...(detector.tells && { tells: detector.tells }),
    ...(detector.couldShow && { couldShow: detector.couldShow }),
  };
}

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
  /** What people call it. */
  titleOf(kind: FindingKind): string;
}

export type ConfigureResult = { ok: true; detectors: ConfiguredDetectors } | { ok: false; message: string };

/** The same thresholds give the same digest, in whatever order they were written. */
function digest(detector: Detector, config: unknown): string {
  const thresholds = Object.entries(config as Record<string, unknown>).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify([detector.kind, detector.version, thresholds]);
  return createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 16);
}

/**
 * The registry with `overrides` (ATI_DETECTORS: thresholds by detector kind) over the defaults. An unknown detector or
 * threshold, or a value out of range, gives a message with one line for each.
 */
export function configureDetectors(overrides: Record<string, unknown> = {}): ConfigureResult {
  const problems: string[] = [];
  const known = new Set<string>(DETECTORS.map((detector) => detector.kind));
  for (const kind of Object.keys(overrides))
    if (!known.has(kind)) problems.push(`${kind}: no such detector (there are ${[...known].join(', ')})`);
  const all: ConfiguredDetector[] = [];
  for (const detector of DETECTORS) {
    const given = Object.hasOwn(overrides, detector.kind) ? overrides[detector.kind] : {};
    const parsed = detector.config.safeParse(given);
    if (parsed.success) {
      const config = parsed.data;
      all.push({ detector, config, thresholdsDigest: digest(detector, config) });
      continue;
    }
    problems.push(...problemsOf(detector, given, parsed.error.issues));
  }
  if (problems.length > 0)
    return { ok: false, message: `ATI_DETECTORS is wrong:\n  ${problems.join('\n  ')}` };
  const byKind = new Map(all.map((each) => [each.detector.kind, each]));
  const get = (kind: FindingKind): ConfiguredDetector => {
    const found = byKind.get(kind);
    if (found === undefined) throw new Error(`no detector of kind ${kind} is registered`);
    return found;
  };
  const detectors: ConfiguredDetectors = {
    all,
    get,
    thresholdsDigest: (kind) => get(kind).thresholdsDigest,
    titleOf: (kind) => get(kind).detector.title,
  };
  return { ok: true, detectors };
}

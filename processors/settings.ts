import type { Config } from '#infra/config.ts';
import { ASSEMBLY_DEFAULTS, type AssemblySettings } from './assembly/settings.ts';
import type { WindowSettings } from './windows/settings.ts';

/** What both stages are told, from the configuration. */
export interface ProcessorSettings {
  readonly assembly: AssemblySettings;
  readonly windows: WindowSettings;
  /** Thresholds by detector, not yet checked. */
  readonly detectors: Record<string, unknown>;
}

export type SettingsInput = Pick<
  Config,
  | 'ATI_PARTITIONS'
  | 'ATI_QUIET_GAP_MS'
  | 'ATI_HARD_CAP_MS'
  | 'ATI_REOPEN_MS'
  | 'ATI_WINDOW_MS'
  | 'ATI_WINDOW_HOP_MS'
  | 'ATI_WINDOW_GRACE_MS'
  | 'ATI_DETECTORS'
>;

/** The settings of both stages: defaults, and what the configuration changes. */
export function settingsOf(config: SettingsInput): ProcessorSettings {
  return {
    assembly: {
      ...ASSEMBLY_DEFAULTS,
      quietGapMs: config.ATI_QUIET_GAP_MS,
      hardCapMs: config.ATI_HARD_CAP_MS,
      reopenMs: config.ATI_REOPEN_MS,
      signalPartitions: config.ATI_PARTITIONS,
    },
    windows: {
      windowMs: config.ATI_WINDOW_MS,
      hopMs: config.ATI_WINDOW_HOP_MS,
      graceMs: config.ATI_WINDOW_GRACE_MS,
      hardCapMs: config.ATI_HARD_CAP_MS,
      sources: config.ATI_PARTITIONS,
    },
    detectors: config.ATI_DETECTORS,
  };
}

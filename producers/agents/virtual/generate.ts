import type { ScenarioParameters } from '../agent-app/parameters.ts';
import { playScenario } from '../agent-app/play.ts';
import { Run } from '../agent-app/run.ts';
import { type GroundTruth, groundTruth } from '../truth.ts';
import { exportsOf, type GeneratedExport } from './export.ts';
import { Random, seedBytes } from './random.ts';
import { Scheduler } from './scheduler.ts';
import { VirtualWorld } from './world.ts';

export interface GenerateOptions {
  /** Complete; their seed is replaced. */
  readonly parameters: ScenarioParameters;
  /** Decides what the run leaves to chance, and the noise of its times. */
  readonly seed: number;
  /** Prefix of agent names; '' for none. */
  readonly agentPrefix: string;
  readonly serviceName: string;
  /** A whole number. */
  readonly startUnixMs: number;
  /** How long the batch exporters wait, ms; default 200, as agent-app and tool-service. */
  readonly exportDelayMs?: number;
  /** Up to which share of its time a tool call takes longer than asked; default 0.03. */
  readonly toolSpread?: number;
}

export interface GeneratedRun {
  /** 32 hex digits. */
  readonly traceId: string;
  readonly truth: GroundTruth;
  readonly startUnixMs: number;
  /** The end of its root span. */
  readonly endUnixMs: number;
  readonly spanCount: number;
  /** In order of arrival. */
  readonly exports: readonly GeneratedExport[];
}

/**
 * Plays a scenario in virtual time: the spans that agent-app and tool-service would have exported, without waiting for
 * any of them. The same options give the same bytes; another start gives other ids and the same shape.
 */
export async function generateRun(options: GenerateOptions): Promise<GeneratedRun> {
  const { agentPrefix, serviceName, startUnixMs, exportDelayMs = 200 } = options;
  const parameters = { ...options.parameters, seed: options.seed };
  const shape = [JSON.stringify(parameters, Object.keys(parameters).sort()), agentPrefix];
  const chance = new Random(seedBytes('times', ...shape));
  const ids = new Random(seedBytes('ids', ...shape, serviceName, startUnixMs));
  // A run starts somewhere within a millisecond.
  const scheduler = new Scheduler(chance.between(0, 1));
  const world = new VirtualWorld(scheduler, ids, chance, options.toolSpread);
  const run = new Run(world, { agentPrefix, seed: options.seed });
  const { traceId } = await scheduler.run(() => playScenario(run, parameters));
  const agents = { serviceName, instanceId: instanceId(serviceName, agentPrefix), ended: world.ended };
  const tools = {
    serviceName: 'tool-service',
    instanceId: instanceId('tool-service'),
    ended: world.tools.ended,
  };
  return {
    traceId,
    truth: groundTruth(parameters, { agentPrefix }),
    startUnixMs,
    endUnixMs: startUnixMs + Math.ceil(scheduler.now),
    spanCount: world.ended.length + world.tools.ended.length,
    exports: exportsOf([agents, tools], startUnixMs, exportDelayMs),
  };
}

/** A mesh is one process and so is the tool service, however many runs they have: a UUID that their names give. */
function instanceId(...names: readonly string[]): string {
  const hex = Buffer.from(seedBytes('instance', ...names)).toString('hex');
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5');
}

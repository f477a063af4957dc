/** After the last fault: waits, on conditions, until everything that was sent is through; then the log comes to rest. */
import { setTimeout as wait } from 'node:timers/promises';
import { messageOf } from '#infra/errors.ts';
import { settingsOf } from '#processors/settings.ts';
import { latenessMs } from '#processors/windows/hopping.ts';
import { behind, endsOf, type Position, positionsOf } from './groups.ts';
import type { ChaosInstallation } from './installation.ts';

const PATIENCE_MS = 240_000;
const EVERY_MS = 250;

/** A condition that did not come: the run has failed, and this is why. */
export class Stuck extends Error {
  override readonly name = 'Stuck';
}

/** Waits until `why` gives nothing more; throws Stuck with its last words. */
async function untilNothing(what: string, why: () => Promise<readonly string[]>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const reasons = await why().catch((error: unknown) => [messageOf(error)]);
    if (reasons.length === 0) return;
    if (performance.now() > deadline) throw new Stuck(`${what}: ${reasons.join('; ')}`);
    await wait(EVERY_MS);
  }
}

/**
 * Every service ready; every window that the load could be in closed; every group at what was the end then. Throws
 * Stuck. `now`: unix ms.
 */
export async function drain(
  installation: ChaosInstallation,
  say: (line: string) => void,
  now: () => number,
): Promise<void> {
  const { kafka, config } = installation;
  say('waiting until every service is ready');
  await untilNothing('not ready', async () => {
    const ready = await Promise.all(installation.targets.map((target) => installation.ready(target)));
    return installation.targets.filter((_, i) => !ready[i]);
  });
  const { assembly, windows } = settingsOf(config);
  const through = now() + assembly.hardCapMs + assembly.reopenMs + latenessMs(windows) + windows.windowMs;
  say(
    `waiting ${Math.ceil((through - now()) / 1_000)} s of the log's time until every window is closed for good`,
  );
  await untilNothing('the clock of stage 2 does not go on', async () =>
    (await positionsOf(kafka, config))
      .filter(({ clock }) => clock !== undefined && clock < through)
      .map(({ topic, partition, clock = 0 }) => `${topic}/${partition} is ${through - clock} ms before it`),
  );
  say('waiting until every group has read what is on the log now');
  const topics = (await positionsOf(kafka, config)).map(({ topic }) => topic);
  const ends = await endsOf(kafka, topics);
  await untilNothing('a consumer is stuck', async () => behind(await positionsOf(kafka, config), ends));
}

/** Stops the processors, who tick; then nothing is written any more, and the sinks come to the very end. */
export async function rest(
  installation: ChaosInstallation,
  say: (line: string) => void,
): Promise<Position[]> {
  const { kafka, config } = installation;
  say('stopping the processors; the log comes to rest');
  for (const target of installation.targets.filter((each) => each.startsWith('processor')))
    await installation.remove(target);
  const sinks = async () =>
    (await positionsOf(kafka, config)).filter(({ group }) => group.includes('ati-sink-'));
  const ends = await endsOf(
    kafka,
    (await sinks()).map(({ topic }) => topic),
  );
  await untilNothing('a sink is stuck', async () => behind(await sinks(), ends));
  return positionsOf(kafka, config);
}

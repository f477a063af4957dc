import { lastValueFrom, map, merge, mergeMap, type Observable, takeUntil, tap, toArray } from 'rxjs';
import { unit } from '../agents/seeded.ts';
import type { Profile, Workflow } from './profile.ts';
import { closedLoop, type Schedule, starts } from './schedule.ts';
import type { Played } from './workflow.ts';

/** A workflow that shall start now. */
export interface Start {
  readonly workflow: Workflow;
  /** Unique within the load. */
  readonly number: number;
  /** Counts those of its kind (of the mix, or the streams held open) from 0. */
  readonly turn: number;
}

export interface LoadOptions {
  readonly profile: Profile;
  readonly schedule: Schedule;
  /** Decides which workflow of the mix comes when. */
  readonly seed: number;
  /** Ends the arrivals; what runs then is still waited for. */
  readonly stop: Observable<unknown>;
  /** Plays one workflow; never rejects. */
  play(start: Start): Promise<Played>;
  readonly onStarted?: (workflow: Workflow) => void;
  readonly onPlayed?: (played: Played) => void;
}

/** Plays a profile to its end; resolves when the last workflow has ended. */
export function runLoad(options: LoadOptions): Promise<Played[]> {
  const { profile, seed, schedule } = options;
  const { streams, durationS } = profile;
  const mixed = lane(options, schedule, 0, (turn) => choose(profile, unit(seed, turn)));
  const held =
    streams &&
    lane(
      options,
      closedLoop(() => streams.count, durationS),
      1,
      () => streams.workflow,
    );
  return lastValueFrom(merge(mixed, ...(held ? [held] : [])).pipe(toArray()));
}

/** One schedule and its workflows. Numbers of two lanes never meet: the lane is their lowest bit. */
function lane(
  { profile, stop, play, onStarted, onPlayed }: LoadOptions,
  schedule: Schedule,
  which: 0 | 1,
  workflowOf: (turn: number) => Workflow,
): Observable<Played> {
  let running = 0;
  return starts(schedule, profile.durationS, () => running).pipe(
    takeUntil(stop),
    map((turn): Start => ({ workflow: workflowOf(turn), number: turn * 2 + which, turn })),
    tap(({ workflow }) => {
      running++;
      onStarted?.(workflow);
    }),
    mergeMap((start) => play(start)),
    tap((played) => {
      running--;
      onPlayed?.(played);
    }),
  );
}

/** The workflow of a mix at `position` in [0, 1) of its cumulated weights. */
export function choose({ mix }: Pick<Profile, 'mix'>, position: number): Workflow {
  const total = mix.reduce((sum, { weight }) => sum + weight, 0);
  let rest = position * total;
  for (const { weight, workflow } of mix) {
    rest -= weight;
    if (rest < 0) return workflow;
  }
  // Rounding: position × total may reach the sum.
  return mix[mix.length - 1].workflow;
}

import { lastValueFrom, map, merge, mergeMap, type Observable, takeUntil, tap, toArray } from 'rxjs';
import { unit } from '../agents/seeded.ts';
import type { Profile, Workflow } from './profile.ts';
import { closedLoop, type Schedule, starts } from './schedule.ts';
import type { Played } from './workflow.ts';

export interface LoadOptions {
  readonly profile: Profile;
  readonly schedule: Schedule;
  readonly seed: number;
  /** Ends the arrivals; what runs then is still waited for. */
  readonly stop: Observable<unknown>;
  /** Plays one workflow; never rejects. `number` is unique within the load. */
  play(workflow: Workflow, number: number): Promise<Played>;
  readonly onStarted: () => void;
  readonly onPlayed: (played: Played) => void;
}

/** Plays a profile to its end; resolves when the last workflow has ended. */
export function runLoad(options: LoadOptions): Promise<Played[]> {
  const { profile, seed } = options;
  const { streams } = profile;
  const mixed = lane(options, options.schedule, (number) => choose(profile, unit(seed, number)), 0);
  const held =
    streams === undefined || streams.count === 0
      ? []
      : [
          lane(
            options,
            closedLoop(() => streams.count),
            () => streams.workflow,
            1,
          ),
        ];
  return lastValueFrom(merge(mixed, ...held).pipe(toArray()));
}

/** One schedule and its workflows. Numbers of two lanes never meet: the lane is their lowest bit. */
function lane(
  { profile, stop, play, onStarted, onPlayed }: LoadOptions,
  schedule: Schedule,
  workflowOf: (number: number) => Workflow,
  which: 0 | 1,
): Observable<Played> {
  let running = 0;
  return starts(schedule, profile.durationS, () => running).pipe(
    takeUntil(stop),
    map((number) => number * 2 + which),
    tap(() => {
      running++;
      onStarted();
    }),
    mergeMap((number) => play(workflowOf(number), number)),
    tap((played) => {
      running--;
      onPlayed(played);
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
  return mix[mix.length - 1].workflow;
}

import { defer, interval, map, mergeMap, type Observable, range, startWith, takeWhile } from 'rxjs';
import { levelAt } from './level.ts';
import { poissonTimes } from './poisson.ts';
import type { Arrivals } from './profile.ts';

const TICK_MS = 10;

export interface Schedule {
  /**
   * How many workflows must be started at `elapsedS`, given how many run and how many were started so far. Asked again
   * and again, and a last time at the very end of the duration.
   */
  due(elapsedS: number, running: number, started: number): number;
}

/** Open loop: arrivals at given times (s, rising), whatever runs. */
export function openLoop(times: readonly number[]): Schedule {
  return {
    due(elapsedS, _running, started) {
      let due = started;
      while (due < times.length && times[due] <= elapsedS) due++;
      return due - started;
    },
  };
}

/** Closed loop: as many at a time as the level says, until `endS`. */
export function closedLoop(level: (elapsedS: number) => number, endS: number): Schedule {
  return {
    due: (elapsedS, running) => (elapsedS < endS ? Math.max(0, Math.round(level(elapsedS)) - running) : 0),
  };
}

/** The schedule of a profile's arrivals; `times` are those of its file, where it has one. */
export function scheduleOf(
  arrivals: Arrivals,
  durationS: number,
  seed: number,
  times: readonly number[],
): Schedule {
  switch (arrivals.type) {
    case 'timestamps':
      return openLoop(times.filter((at) => at < durationS));
    case 'poisson': {
      const stages = arrivals.stages.map(({ atS, perSecond }) => ({ atS, value: perSecond }));
      return openLoop(poissonTimes(stages, arrivals.steps, durationS, seed));
    }
    case 'concurrent': {
      const stages = arrivals.stages.map(({ atS, workflows }) => ({ atS, value: workflows }));
      return closedLoop((elapsedS) => levelAt(stages, arrivals.steps, elapsedS), durationS);
    }
  }
}

/** Emits the number (from 0) of each workflow when it shall start; completes at the end of the duration. */
export function starts(schedule: Schedule, durationS: number, running: () => number): Observable<number> {
  return defer(() => {
    const began = performance.now();
    let started = 0;
    return interval(TICK_MS).pipe(
      startWith(0),
      map(() => Math.min((performance.now() - began) / 1_000, durationS)),
      // The end is asked for too: what came since the tick before it would be left out.
      takeWhile((elapsedS) => elapsedS < durationS, true),
      mergeMap((elapsedS) => {
        const count = schedule.due(elapsedS, running(), started);
        started += count;
        return range(started - count, count);
      }),
    );
  });
}

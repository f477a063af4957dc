import type { LoadedProfile } from './profile-files.ts';

/** Why a load started no workflow at all. */
export function whyNothing({ profile, times }: LoadedProfile, stopped: boolean): string {
  const { durationS } = profile;
  const nothing = (reason: string) => `no workflow was started: ${reason}`;
  if (stopped) return nothing('it was stopped before the first');
  switch (profile.arrivals.type) {
    case 'timestamps':
      return nothing(`the first arrival is at ${times[0]} s, and the load ends at ${durationS} s`);
    case 'poisson':
      return nothing(`by chance none came within ${durationS} s: give it longer, or another --seed`);
    case 'concurrent':
      return nothing(`its level is below one workflow for all of the ${durationS} s`);
  }
}

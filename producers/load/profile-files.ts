import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, UserError } from '#infra/errors.ts';
import { type Profile, parseProfile } from './profile.ts';
import { parseTimes } from './timestamps.ts';

const PROFILES = path.join(import.meta.dirname, 'profiles');

export interface LoadedProfile {
  readonly name: string;
  readonly profile: Profile;
  /** Arrivals of its file of timestamps (s, rising), which lies beside it; none where it has no such file. */
  readonly times: readonly number[];
}

/** Names of the profiles that come with ATI. */
export async function profileNames(): Promise<string[]> {
  const files = await readdir(PROFILES);
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file) => path.basename(file, '.json'))
    .sort();
}

/** A profile by its name, or by the path of a file (what has a slash or ends in .json). Throws a UserError. */
export async function readProfile(name: string): Promise<LoadedProfile> {
  const isPath = name.includes('/') || name.endsWith('.json');
  if (!isPath && !(await profileNames()).includes(name))
    throw new UserError(`no profile ${name}: there are ${(await profileNames()).join(', ')}`);
  const file = isPath ? name : path.join(PROFILES, `${name}.json`);
  const parsed = parseProfile(await textOf(file));
  if (!parsed.ok) throw new UserError(`${file}: ${parsed.reason}`);
  const { profile } = parsed;
  const { arrivals } = profile;
  if (arrivals.type !== 'timestamps') return { name, profile, times: [] };
  const timesFile = path.resolve(path.dirname(file), arrivals.file);
  const times = parseTimes(await textOf(timesFile));
  if (!times.ok) throw new UserError(`${timesFile}: ${times.reason}`);
  return { name, profile, times: times.times };
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${messageOf(error)}`);
  }
}

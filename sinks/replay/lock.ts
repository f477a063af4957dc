import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '#infra/config.ts';
import { type Locked, lockDirectory } from '#infra/data-lock.ts';

/** Of replays and deletions, one at a time: a replay that has begun knows nothing of what is deleted meanwhile. */
export function lockReplays({ ATI_DATA_DIR }: Pick<Config, 'ATI_DATA_DIR'>): Locked {
  const place = path.join(ATI_DATA_DIR, 'replay');
  mkdirSync(place, { recursive: true });
  return lockDirectory(place);
}

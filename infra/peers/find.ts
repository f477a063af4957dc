import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { buildId, PEERS, type PeerName } from './catalog.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where built peers are kept: ATI_PEERS_DIR, else the user's cache. They outlive the project's folder. */
export function peersDir(env: Environment = process.env): string {
  if (env.ATI_PEERS_DIR) return env.ATI_PEERS_DIR;
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ati', 'peers');
}

/** Where this build of a peer is, or would be: its program, or a virtual environment's interpreter. */
export function peerPath(name: PeerName, directory = peersDir()): string {
  const { recipe } = PEERS[name];
  return join(directory, buildId(name), recipe.by === 'venv' ? join('bin', 'python') : name);
}

/** The program, or undefined where `npm run peers` has not built it in this version. Never builds. */
export function findPeer(name: PeerName, directory = peersDir()): string | undefined {
  const path = peerPath(name, directory);
  return existsSync(path) ? path : undefined;
}

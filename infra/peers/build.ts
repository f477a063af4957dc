import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import { buildId, PEERS, type PeerName, type Recipe } from './catalog.ts';
import { findPeer, peerPath } from './find.ts';
import { checkGo, runLines } from './go.ts';
import { buildVenv, checkPython } from './venv.ts';

const BUILDER = 'go.opentelemetry.io/collector/cmd/builder';
/** A compiler is silent for minutes. */
const SIGN_OF_LIFE_MS = 15_000;

type Say = (line: string) => void;

/**
 * Builds a peer into `directory` unless it is there in this version already, and gives its path. A build moves into
 * place as a whole, so an interrupted one is done again and two at once do no harm. Throws a UserError when Go or
 * Python is missing or too old, or with the end of what the build said.
 */
export async function buildPeer(name: PeerName, directory: string, say: Say): Promise<string> {
  const { title, version, recipe, takes } = PEERS[name];
  const there = findPeer(name, directory);
  if (there !== undefined) {
    say(`${name}: ${title} ${version} is there: ${there}`);
    return there;
  }
  // Ours: a caller's settings for its own modules do not change what is built. GOPROXY and the caches stay the user's.
  const jobs = Math.max(1, Math.min(4, availableParallelism()));
  const env = {
    ...process.env,
    CGO_ENABLED: '0',
    GOFLAGS: `-p=${jobs} -buildvcs=false -trimpath`,
    GOWORK: 'off',
  };
  if (recipe.by === 'venv') await checkPython();
  else await checkGo(env);
  await mkdir(directory, { recursive: true });
  const work = await mkdtemp(join(directory, '.building-'));
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 1000);
  const source = recipe.by === 'venv' ? 'Python package index' : 'Go module proxy';
  say(`${name}: building ${title} ${version} from the ${source}; the first time takes ${takes}`);
  const life = setInterval(() => say(`${name}: still building, ${seconds()} s`), SIGN_OF_LIFE_MS);
  try {
    const made = join(work, 'made');
    await mkdir(made);
    await build(name, version, recipe, { work, made: join(made, name), env, say });
    await moveInto(made, join(directory, buildId(name)));
  } finally {
    clearInterval(life);
    await rm(work, { recursive: true, force: true });
  }
  const path = peerPath(name, directory);
  const megabytes = Math.round((await stat(path)).size / 1e6);
  say(`${name}: built in ${seconds()} s${megabytes > 0 ? `, ${megabytes} MB` : ''}: ${path}`);
  return path;
}

interface Place {
  readonly work: string;
  /** Where the program is to be. */
  readonly made: string;
  readonly env: NodeJS.ProcessEnv;
  readonly say: Say;
}

async function build(name: PeerName, version: string, recipe: Recipe, place: Place): Promise<void> {
  const { work, made, say } = place;
  if (recipe.by === 'venv') {
    await buildVenv(recipe.config, dirname(made), (line) => say(`${name}:   ${line}`));
    return;
  }
  const env = { ...place.env, GOBIN: join(work, 'bin') };
  const run = async (file: string, args: readonly string[]) => {
    const ended = await runLines({ file, args, cwd: work, env }, (line) => say(`${name}:   ${line}`));
    if (ended.code !== 0)
      throw new UserError(
        `${name} could not be built: ${basename(file)} ended with ${ended.code}:\n${ended.tail.join('\n')}`,
      );
  };
  if (recipe.by === 'install') {
    await run('go', ['install', '-ldflags=-s -w', `${recipe.module}@${version}`]);
    await rename(join(work, 'bin', basename(recipe.module)), made);
    return;
  }
  await run('go', ['install', `${BUILDER}@${version}`]);
  await copyFile(recipe.config, join(work, 'builder-config.yaml'));
  await run(join(work, 'bin', 'builder'), ['--config', 'builder-config.yaml']);
  await rename(join(work, '_otelcol', name), made);
}

/** Another build of the same may have come first: then its result stays. */
async function moveInto(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}

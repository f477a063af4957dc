/** `npm run peers -- otelcol k6 toxiproxy python`: builds the real tools that some tests and benchmarks need, once. */
import { Argument, Command } from 'commander';
import { UserError } from '../errors.ts';
import { buildPeer } from './build.ts';
import { needs, PEER_NAMES, PEERS, type PeerName } from './catalog.ts';
import { findPeer, peersDir } from './find.ts';

const DESCRIPTION =
  'Builds real tools, pinned, into a cache (ATI_PEERS_DIR, else the user cache folder): otelcol, k6 and toxiproxy ' +
  'from the Go module proxy (needs Go), python as a virtual environment (needs Python 3.9). Without a name it lists them.';

const program = new Command('npm run peers --')
  .description(DESCRIPTION)
  .addArgument(new Argument('[names...]', 'which ones').choices(PEER_NAMES))
  .option('--path', 'print the paths of these and build nothing; exit 1 where one is missing')
  .parse();
const names = program.processedArgs[0] as PeerName[];
const { path: pathOnly = false } = program.opts<{ path?: boolean }>();

if (names.length === 0) list();
else if (pathOnly) printPaths();
else await buildAll();

function list(): void {
  for (const name of PEER_NAMES) {
    const { title, version } = PEERS[name];
    console.log(`${name}: ${title} ${version}: ${findPeer(name) ?? 'not built'}`);
  }
  console.log(`next: npm run peers -- ${PEER_NAMES.join(' ')}`);
}

function printPaths(): void {
  for (const name of names) {
    const path = findPeer(name);
    if (path !== undefined) {
      console.log(path);
      continue;
    }
    console.error(`${name} is not built: npm run peers -- ${name} (needs ${needs(name)})`);
    process.exitCode = 1;
  }
}

async function buildAll(): Promise<void> {
  try {
    for (const name of names) await buildPeer(name, peersDir(), console.log);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

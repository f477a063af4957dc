/** For tests that run a real tool: its path, or how a test that cannot run says so. */
import { needs, PEERS, type PeerName } from './catalog.ts';
import { findPeer, peersDir } from './find.ts';

export interface TestPeer {
  /** For `describe.skipIf`. Never true under ATI_REQUIRE_PEERS=1: then `path` throws instead. */
  readonly missing: boolean;
  /** What to put behind the name of the suite: how to get the tool where it is missing, else nothing. */
  readonly note: string;
  /** The program. Throws where there is none. */
  path(): string;
}

/** Looks for a peer; where tests will be skipped for want of it, a line on standard error says so. */
export function testPeer(name: PeerName, env: NodeJS.ProcessEnv = process.env): TestPeer {
  const found = findPeer(name, peersDir(env));
  const reason = `no ${PEERS[name].title} binary: npm run peers -- ${name} (needs ${needs(name)})`;
  const missing = found === undefined && env.ATI_REQUIRE_PEERS !== '1';
  if (missing) process.stderr.write(`skipped: ${reason}\n`);
  return {
    missing,
    note: missing ? ` (skipped: ${reason})` : '',
    path: () => {
      if (found === undefined) throw new Error(reason);
      return found;
    },
  };
}

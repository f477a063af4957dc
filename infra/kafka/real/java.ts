import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { run } from './command.ts';

const NEEDED = 17;

/** The `java` to start Kafka with: JAVA_HOME's, else the PATH's. Throws a UserError when there is none of version 17. */
export async function findJava(): Promise<string> {
  const home = process.env.JAVA_HOME;
  const java = home ? join(home, 'bin', 'java') : 'java';
  const { code, output } = await run(java, ['-version']);
  if (code !== 0) {
    throw new UserError(
      `Java is missing (looked for ${java}): install a Java ${NEEDED} or newer run time, on Debian: ` +
        `apt-get install openjdk-${NEEDED}-jre-headless`,
    );
  }
  const version = javaMajor(output);
  if (version === undefined || version < NEEDED) {
    throw new UserError(
      `Kafka needs Java ${NEEDED} or newer, but ${java} is version ${version ?? 'unknown'}: set JAVA_HOME to a newer one`,
    );
  }
  return java;
}

/** Major version from what `java -version` prints: "17.0.15" is 17, the old "1.8.0_x" is 8. */
export function javaMajor(text: string): number | undefined {
  const match = / version "(?:1\.)?(\d+)/.exec(text);
  return match ? Number(match[1]) : undefined;
}

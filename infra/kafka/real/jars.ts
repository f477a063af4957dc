import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { run } from './command.ts';

/** Pinned, so that every machine gets the same bytes. */
export const KAFKA_VERSION = '4.3.1';
/** Kafka is compiled against slf4j 1.7: a 2.x binding would be ignored, and without one there is no log at all. */
const SLF4J_VERSION = '1.7.36';
const COPY_GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>${SLF4J_VERSION}</version></dependency>
  </dependencies>
</project>
`;

/**
 * Puts the broker's published jars (45 MB, by Maven) into `<cache>/lib`, once. Returns that folder. The stamp is the
 * pom that they came from and moves into place with them: an interrupted download is done again.
 */
export async function fetchJars(cache: string, say: (line: string) => void): Promise<string> {
  const lib = join(cache, 'lib');
  const stamp = join(lib, 'fetched-from.xml');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === POM) return lib;
  if ((await run('mvn', ['--version'])).code !== 0) {
    throw new UserError(
      'mvn (Apache Maven) is missing: it downloads the jars of Kafka; on Debian: apt-get install maven',
    );
  }
  say(`fetching Apache Kafka ${KAFKA_VERSION} by Maven into ${lib}`);
  const next = join(cache, 'lib.new');
  rmSync(next, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  const pom = join(cache, 'pom.xml');
  writeFileSync(pom, POM);
  const words = [COPY_GOAL, '-DincludeScope=runtime', `-DoutputDirectory=${next}`];
  const { code, output } = await run('mvn', ['-B', '-q', '-Dstyle.color=never', '-f', pom, ...words]);
  if (code !== 0 || !existsSync(join(next, `kafka_2.13-${KAFKA_VERSION}.jar`))) {
    throw new UserError(`Maven could not fetch Kafka ${KAFKA_VERSION}:\n${output.trim()}`);
  }
  writeFileSync(join(next, 'fetched-from.xml'), POM);
  rmSync(lib, { recursive: true, force: true });
  renameSync(next, lib);
  return lib;
}

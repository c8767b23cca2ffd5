/** Kafka's broker for tests, from Maven Central into a cache folder. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Name of the component; its path is the folder of the jars. */
export const KAFKA = 'kafka'

const VERSION = '4.1.0'
const cache = join(dirname(fileURLToPath(import.meta.url)), '../.cache/kafka')
const jars = join(cache, VERSION)

/** kafka-tools-api is only needed by tools, and not by the broker. */
const PROJECT = `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>narthex</groupId>
  <artifactId>kafka-for-tests</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>${VERSION}</version>
      <exclusions>
        <exclusion><groupId>org.apache.kafka</groupId><artifactId>kafka-tools-api</artifactId></exclusion>
      </exclusions>
    </dependency>
  </dependencies>
</project>
`

/** The folder of the jars; undefined when they have not been brought. */
export function findKafka():
  | { readonly path: string; readonly env: Readonly<Record<string, string>> }
  | undefined {
  return existsSync(jars) ? { path: jars, env: {} } : undefined
}

/** Brings the jars when they are missing. @returns the problem, if any */
export function provideKafka(say: (line: string) => void): string | undefined {
  if (findKafka() !== undefined) return undefined
  say('bringing kafka from Maven Central ...')
  mkdirSync(cache, { recursive: true })
  const staging = join(cache, `staging-${process.pid}`)
  writeFileSync(join(cache, 'pom.xml'), PROJECT)
  const goal = ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${staging}`]
  const done = spawnSync('mvn', goal, { cwd: cache, encoding: 'utf8', timeout: 600_000 })
  if (done.status !== 0) {
    rmSync(staging, { recursive: true, force: true })
    const lines = `${done.stdout ?? ''}${done.error?.message ?? ''}`.trim().split('\n')
    return `mvn failed: ${lines.at(0)}`
  }
  // Another process may have been quicker: its folder is as good.
  if (!existsSync(jars)) renameSync(staging, jars)
  else rmSync(staging, { recursive: true, force: true })
  return undefined
}

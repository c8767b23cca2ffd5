/** Programs of Java for tests, each a folder of jars from Maven Central in the cache. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const cache = join(dirname(fileURLToPath(import.meta.url)), '../.cache')

/** Longest that Maven may take for one program, in ms. */
const MAVEN_MS_MAX = 600_000

/** What a program is made of; artifacts are `group:name:version`, and come with what they need. */
interface Program {
  readonly version: string
  readonly artifacts: readonly string[]
  /** `group:name` of what is not needed after all. */
  readonly without: readonly string[]
}

const PROGRAMS: Readonly<Record<string, Program>> = {
  kafka: {
    version: '4.1.0',
    artifacts: ['org.apache.kafka:kafka_2.13:4.1.0'],
    without: ['org.apache.kafka:kafka-tools-api'], // needed by tools, and not by the broker
  },
  elasticsearch: {
    version: '7.17.28',
    artifacts: [
      'org.elasticsearch:elasticsearch:7.17.28',
      'org.elasticsearch.plugin:transport-netty4-client:7.17.28',
      'org.apache.logging.log4j:log4j-core:2.17.1',
    ],
    without: [],
  },
  zookeeper: {
    version: '3.8.0',
    artifacts: [
      'org.apache.zookeeper:zookeeper:3.8.0',
      'org.apache.zookeeper:zookeeper-prometheus-metrics:3.8.0',
      'org.eclipse.jetty:jetty-servlet:9.4.43.v20210629',
      'io.dropwizard.metrics:metrics-core:4.1.12.1',
      'org.xerial.snappy:snappy-java:1.1.7.7',
    ],
    without: ['ch.qos.logback:logback-classic'], // says all that it does
  },
  'jmx-exporter': {
    version: '1.0.1',
    artifacts: ['io.prometheus.jmx:jmx_prometheus_javaagent:1.0.1'],
    without: [],
  },
}

/** Names of the programs. */
export const JAVA_PROGRAMS: readonly string[] = Object.keys(PROGRAMS)

/** The folder of a program's jars; undefined when they have not been brought. */
export function findJars(
  name: string,
): { readonly path: string; readonly env: Readonly<Record<string, string>> } | undefined {
  const path = folderOf(name)
  return existsSync(path) ? { path, env: {} } : undefined
}

/** Brings a program's jars when they are missing. @returns the problem, if any */
export function provideJars(name: string, say: (line: string) => void): string | undefined {
  if (findJars(name) !== undefined) return undefined
  say(`bringing ${name} from Maven Central ...`)
  const folder = folderOf(name)
  const project = dirname(folder)
  mkdirSync(project, { recursive: true })
  const staging = join(project, `staging-${process.pid}`)
  writeFileSync(join(project, 'pom.xml'), projectOf(PROGRAMS[name]))
  const goal = ['-q', '-B', '-C', 'dependency:copy-dependencies', `-DoutputDirectory=${staging}`]
  const done = spawnSync('mvn', goal, { cwd: project, encoding: 'utf8', timeout: MAVEN_MS_MAX })
  if (done.status !== 0) {
    rmSync(staging, { recursive: true, force: true })
    const lines = `${done.stdout ?? ''}${done.error?.message ?? ''}`.trim().split('\n')
    return `mvn failed: ${lines.at(0)}`
  }
  // Another process may have been quicker: its folder is as good.
  if (!existsSync(folder)) renameSync(staging, folder)
  else rmSync(staging, { recursive: true, force: true })
  return undefined
}

function folderOf(name: string): string {
  return join(cache, name, PROGRAMS[name].version)
}

function projectOf({ artifacts, without, version }: Program): string {
  const exclusions = without.map((each) => {
    const [group, artifact] = each.split(':')
    return `<exclusion><groupId>${group}</groupId><artifactId>${artifact}</artifactId></exclusion>`
  })
  const dependencies = artifacts.map((each) => {
    const [group, artifact, own] = each.split(':')
    return `    <dependency>
      <groupId>${group}</groupId>
      <artifactId>${artifact}</artifactId>
      <version>${own}</version>
      <exclusions>${exclusions.join('')}</exclusions>
    </dependency>`
  })
  return `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>narthex</groupId>
  <artifactId>for-tests</artifactId>
  <version>${version}</version>
  <packaging>pom</packaging>
  <dependencies>
${dependencies.join('\n')}
  </dependencies>
</project>
`
}

/** Real servers and exporters for tests and benchmarks, from Debian's packages and Maven Central. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findJars, JAVA_PROGRAMS, provideJars } from './jars.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const cache = join(root, '.cache/debian')
const unpacked = join(cache, 'root')
const fontsFile = join(cache, 'fonts.conf')

/** Fonts of the machine, if any, and those that came along. */
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>${join(unpacked, 'usr/share/fonts')}</dir>
  <cachedir>${join(cache, 'fonts')}</cachedir>
</fontconfig>
`

/** Command name to the package that brings it. */
const COMPONENTS: Readonly<Record<string, string>> = {
  prometheus: 'prometheus',
  promtool: 'prometheus',
  'prometheus-node-exporter': 'prometheus-node-exporter',
  'redis-server': 'redis-server',
  'prometheus-redis-exporter': 'prometheus-redis-exporter',
  chromium: 'chromium',
  openssl: 'openssl',
  'victoria-metrics': 'victoria-metrics',
  vmagent: 'victoria-metrics',
  'prometheus-pushgateway': 'prometheus-pushgateway',
  'prometheus-alertmanager': 'prometheus-alertmanager',
  'prometheus-process-exporter': 'prometheus-process-exporter',
  'prometheus-blackbox-exporter': 'prometheus-blackbox-exporter',
  'prometheus-elasticsearch-exporter': 'prometheus-elasticsearch-exporter',
  'prometheus-postgres-exporter': 'prometheus-postgres-exporter',
  nginx: 'nginx',
  'prometheus-nginx-exporter': 'prometheus-nginx-exporter',
  apache2: 'apache2',
  'prometheus-apache-exporter': 'prometheus-apache-exporter',
  haproxy: 'haproxy',
  named: 'bind9',
  'prometheus-bind-exporter': 'prometheus-bind-exporter',
  caddy: 'caddy',
  squid: 'squid',
  'prometheus-squid-exporter': 'prometheus-squid-exporter',
  varnishd: 'varnish',
  'prometheus-varnish-exporter': 'prometheus-varnish-exporter',
  etcd: 'etcd-server',
  influxd: 'influxdb',
  'rabbitmq-server': 'rabbitmq-server',
  epmd: 'erlang-base',
  erl: 'erlang-base',
  snmpd: 'snmpd',
  'prometheus-snmp-exporter': 'prometheus-snmp-exporter',
  postfix: 'postfix',
  'prometheus-postfix-exporter': 'prometheus-postfix-exporter',
  'prometheus-smokeping-prober': 'prometheus-smokeping-prober',
  'prometheus-sql-exporter': 'prometheus-sql-exporter',
  mosquitto: 'mosquitto',
  'prometheus-mqtt-exporter': 'prometheus-mqtt-exporter',
  'prometheus-exporter-exporter': 'prometheus-exporter-exporter',
  bird: 'bird2',
  'prometheus-bird-exporter': 'prometheus-bird-exporter',
  'prometheus-libvirt-exporter': 'prometheus-libvirt-exporter',
  traffic_server: 'trafficserver',
  'prometheus-trafficserver-exporter': 'prometheus-trafficserver-exporter',
  postgres: 'postgresql-15',
  initdb: 'postgresql-15',
  pg_receivewal: 'postgresql-client-15',
  mariadbd: 'mariadb-server',
  'mariadb-install-db': 'mariadb-server',
  mariadb: 'mariadb-client',
  'prometheus-mysqld-exporter': 'prometheus-mysqld-exporter',
  java: 'openjdk-17-jre-headless',
  mvn: 'maven',
}

/** Where Debian puts commands that are not on everybody's path. */
const MORE_FOLDERS = ['/usr/sbin', '/sbin', '/usr/lib/postgresql/15/bin']

/** Programs whose command is a script that looks for them where only an installed package is. */
const BEHIND_SCRIPTS: Readonly<Record<string, string>> = {
  chromium: 'usr/lib/chromium/chromium',
}

/** How to start a component. */
export interface Component {
  readonly path: string
  /** Variables that an unpacked, not installed, package needs. */
  readonly env: Readonly<Record<string, string>>
}

/** Where a component is, without installing anything; undefined when it is not on this machine. */
export function findComponent(command: string): Component | undefined {
  if (JAVA_PROGRAMS.includes(command)) return findJars(command)
  for (const folder of (process.env.PATH ?? '').split(delimiter).concat(MORE_FOLDERS)) {
    const path = join(folder, command)
    if (existsSync(path)) return { path, env: {} }
  }
  const behind = BEHIND_SCRIPTS[command]
  const places = ['usr/bin', 'usr/sbin', 'bin', 'usr/lib/postgresql/15/bin'].map((folder) =>
    join(folder, command),
  )
  for (const place of behind === undefined ? places : [behind]) {
    const path = join(unpacked, place)
    if (existsSync(path)) return { path, env: unpackedEnvironment() }
  }
  return undefined
}

function unpackedEnvironment(): Component['env'] {
  const file = join(cache, 'libraries')
  const libraries = existsSync(file) ? readFileSync(file, 'utf8') : ''
  return { LD_LIBRARY_PATH: libraries, FONTCONFIG_FILE: fontsFile }
}

/**
 * Brings the components that are missing: installs as root, else unpacks into the cache folder.
 *
 * @returns the commands that could not be had, with the reason
 */
export function provideComponents(say: (line: string) => void): Map<string, string> {
  const failures = provideDebian(say)
  for (const name of JAVA_PROGRAMS) {
    const problem = provideJars(name, say)
    if (problem !== undefined) failures.set(name, problem)
  }
  return failures
}

function provideDebian(say: (line: string) => void): Map<string, string> {
  const missing = Object.keys(COMPONENTS).filter((name) => findComponent(name) === undefined)
  const failures = new Map<string, string>()
  if (missing.length === 0) return failures
  const packages = [...new Set(missing.map((name) => COMPONENTS[name]))]
  say(`bringing ${packages.join(', ')} from Debian packages ...`)
  const problem = process.getuid?.() === 0 ? install(packages) : unpack(packages)
  for (const name of missing) {
    if (findComponent(name) === undefined) {
      failures.set(name, problem ?? `package ${COMPONENTS[name]} does not bring it`)
    }
  }
  return failures
}

/** Installs as root, without starting services. @returns the problem, if any */
function install(packages: readonly string[]): string | undefined {
  // RUNLEVEL=1 keeps the packages' own scripts from starting services on the host.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const update = run('apt-get', ['update', '-q'], env)
  if (update !== undefined) return update
  const installAll = (names: readonly string[]): string | undefined =>
    run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...names], env)
  if (installAll(packages) === undefined) return undefined
  // One that cannot be had must not keep the others away.
  return packages.map((name) => installAll([name])).find((problem) => problem !== undefined)
}

/** Downloads the packages with what they depend on and unpacks them. @returns the problem, if any */
function unpack(packages: readonly string[]): string | undefined {
  for (const folder of ['lists/partial', 'archives/partial', 'download', 'root']) {
    mkdirSync(join(cache, folder), { recursive: true })
  }
  const own = [
    ...['-o', `Dir::State::lists=${join(cache, 'lists')}`],
    ...['-o', `Dir::Cache=${cache}`],
    ...['-o', 'Debug::NoLocking=true'],
  ]
  const update = run('apt-get', [...own, 'update', '-q'])
  if (update !== undefined) return update
  const wanted = new Set(packages.flatMap((name) => dependencies(own, name)))
  if (wanted.size === 0) return `apt-cache knows none of ${packages.join(', ')}`
  const download = run('apt-get', [...own, 'download', '-q', ...wanted], process.env, 'download')
  if (download !== undefined) return download
  for (const file of readdirSync(join(cache, 'download'))) {
    const problem = run('dpkg', ['-x', join(cache, 'download', file), unpacked])
    if (problem !== undefined) return problem
  }
  writeFileSync(fontsFile, FONTS)
  writeFileSync(join(cache, 'libraries'), collectLibraryFolders(unpacked).join(delimiter))
  return undefined
}

/** The package and all it depends on that this machine does not have; nothing for an unknown one. */
function dependencies(own: readonly string[], name: string): string[] {
  const options = ['--recurse', '--no-recommends', '--no-suggests', '--no-conflicts']
  const more = ['--no-breaks', '--no-replaces', '--no-enhances']
  const { stdout } = spawnSync('apt-cache', [...own, 'depends', ...options, ...more, name], {
    encoding: 'utf8',
  })
  const names = stdout.split('\n').filter((line) => /^[a-z0-9]/.test(line))
  return names.filter((each) => each === name || !isInstalled(each))
}

function isInstalled(name: string): boolean {
  const found = spawnSync('dpkg-query', ['-W', '-f', `\${Status}`, name], { encoding: 'utf8' })
  return found.status === 0 && found.stdout.includes('ok installed')
}

function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  folder = '.',
): string | undefined {
  const cwd = join(cache, folder)
  mkdirSync(cwd, { recursive: true })
  const done = spawnSync(command, args, { env, cwd, encoding: 'utf8', timeout: 900_000 })
  if (done.status === 0) return undefined
  const lines = `${done.stderr ?? ''}${done.error?.message ?? ''}`.trim().split('\n')
  return `${command} ${args.at(0)} failed: ${lines.at(-1)}`
}

/** Folders below `folder` that hold shared libraries. */
function collectLibraryFolders(folder: string): string[] {
  const folders: string[] = []
  const entries = readdirSync(folder, { withFileTypes: true })
  if (entries.some((entry) => entry.isFile() && /\.so(\.|$)/.test(entry.name))) folders.push(folder)
  for (const entry of entries) {
    if (entry.isDirectory()) folders.push(...collectLibraryFolders(join(folder, entry.name)))
  }
  return folders
}

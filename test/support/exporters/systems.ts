/** Live exporters of machines and their services. */
import { Resolver } from 'node:dns/promises'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CATALOG_FOLDER } from '../../../tools/catalog.ts'
import { DnsServer } from '../dnsserver.ts'
import { freePort, until } from '../processes.ts'
import { jarsOf, type LiveExporters, NOT_ROOT, type Stage } from '../stage.ts'

/** The first text in YAML of an entry's README. */
function yamlOfReadme(name: string): string {
  const text = readFileSync(join(CATALOG_FOLDER, name, 'README.md'), 'utf8')
  return /^```yaml\n(.*?)^```/ms.exec(text)?.[1] ?? ''
}

/** Starts a ZooKeeper server. @returns the address of its metrics */
async function startZooKeeper(
  stage: Stage,
  id: number,
  ensemble: readonly string[],
): Promise<string> {
  const [port, metrics] = [await freePort(), await freePort()]
  const data = stage.folder(`data-${id}`)
  stage.file(`data-${id}/myid`, String(id))
  const config = stage.file(
    `zoo-${id}.cfg`,
    [
      `dataDir=${data}\nclientPort=${port}\nclientPortAddress=127.0.0.1`,
      'tickTime=500\ninitLimit=20\nsyncLimit=10\nadmin.enableServer=false',
      'metricsProvider.className=org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider',
      `metricsProvider.httpHost=127.0.0.1\nmetricsProvider.httpPort=${metrics}`,
      ...ensemble,
      '',
    ].join('\n'),
  )
  const url = `http://127.0.0.1:${metrics}/metrics`
  const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain'
  await stage.runJava(jarsOf('zookeeper'), [main, config], url)
  return url
}
export const SYSTEMS: LiveExporters = {
  bind: {
    commands: ['named', 'prometheus-bind-exporter'],
    lacks: {},
    async start(stage) {
      const [port, queries] = [await freePort(), await freePort()]
      const others = await DnsServer.open()
      stage.own(() => others.close())
      const forwarder = others.address.replace(':', ' port ')
      others.answers.set('other.test', [{ type: 'A', address: '192.0.2.1' }])
      const pid = join(stage.path, 'named.pid')
      const soa = '@ 60 IN SOA ns host 1 60 60 60 60\n@ IN NS ns\nns IN A 127.0.0.1\n'
      const zone = stage.file('zone', soa)
      const config = stage.file(
        'named.conf',
        [
          `options { directory "${stage.path}"; listen-on port ${queries} { 127.0.0.1; };`,
          `listen-on-v6 { none; }; forward only; forwarders { ${forwarder}; };`,
          'dnssec-validation no;',
          `pid-file "${pid}"; session-keyfile "${join(stage.path, 'key')}"; };`,
          `controls { };\nzone "example.test" { type primary; file "${zone}"; };`,
          `statistics-channels { inet 127.0.0.1 port ${port} allow { 127.0.0.1; }; };`,
        ].join('\n'),
      )
      const url = `http://127.0.0.1:${port}/`
      await stage.run('named', ['-f', '-c', config], url)
      const resolver = new Resolver({ timeout: 2000, tries: 2 })
      resolver.setServers([`127.0.0.1:${queries}`])
      await resolver.resolveSoa('example.test')
      await resolver.resolve4('other.test')
      return await stage.exporter('prometheus-bind-exporter', (address) => [
        ...[`--bind.stats-url=${url}`, `--bind.pid-file=${pid}`],
        `--web.listen-address=${address}`,
      ])
    },
  },
  bird: {
    commands: ['bird', 'prometheus-bird-exporter'],
    cannot: NOT_ROOT, // the routes of the kernel
    lacks: {},
    async start(stage) {
      const socket = join(stage.path, 'bird.ctl')
      const config = stage.file(
        'bird.conf',
        [
          'router id 192.0.2.1;\nprotocol device { }',
          'protocol static { ipv4; route 198.51.100.0/24 unreachable; }',
          'protocol bgp peer { local 127.0.0.1 as 64500; neighbor 127.0.0.2 port 1 as 64501; ipv4 { import all; export none; }; }',
          'protocol ospf v2 inside { ipv4; area 0 { interface "lo" { stub; }; }; }',
          '',
        ].join('\n'),
      )
      stage.begin('bird', ['-f', '-c', config, '-s', socket, '-P', join(stage.path, 'pid')])
      await until('bird', () => existsSync(socket))
      return await stage.exporter('prometheus-bird-exporter', (address) => [
        ...[`-bird.socket=${socket}`, '-bird.v2', '-format.new=true'],
        `-web.listen-address=${address}`,
      ])
    },
  },
  jmx: {
    commands: ['java', 'zookeeper', 'jmx-exporter'],
    lacks: {},
    async start(stage) {
      const [port, metrics] = [await freePort(), await freePort()]
      const service = stage.file(
        'zoo.cfg',
        `dataDir=${stage.folder('data')}\nclientPort=${port}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n`,
      )
      const [agent] = jarsOf('jmx-exporter')
      const rules = stage.file('jmx.yml', 'rules: [{pattern: ".*"}]\n')
      const url = `http://127.0.0.1:${metrics}/metrics`
      const agentFlag = `-javaagent:${agent}=127.0.0.1:${metrics}:${rules}`
      const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain'
      await stage.runJava(jarsOf('zookeeper'), [agentFlag, main, service], url)
      return [url]
    },
  },
  libvirt: {
    commands: ['prometheus-libvirt-exporter'],
    lacks: {},
    async start(stage) {
      // libvirt's own driver for tests: a machine that runs, in the process of who asks.
      return await stage.exporter('prometheus-libvirt-exporter', (address) => [
        ...['--libvirt.uri=test:///default', `--web.listen-address=${address}`],
      ])
    },
  },
  node: {
    commands: ['prometheus-node-exporter'],
    lacks: {},
    async start(stage) {
      return await stage.exporter('prometheus-node-exporter', (address) => [
        `--web.listen-address=${address}`,
      ])
    },
  },
  process: {
    commands: ['prometheus-process-exporter'],
    lacks: {},
    async start(stage) {
      const names = 'process_names: [{name: "{{.Comm}}", cmdline: [".+"]}]\n'
      const config = stage.file('process.yml', names)
      return await stage.exporter('prometheus-process-exporter', (address) => [
        ...[`-config.path=${config}`, `-web.listen-address=${address}`],
      ])
    },
  },
  snmp: {
    commands: ['snmpd', 'prometheus-snmp-exporter'],
    lacks: {
      hrProcessorLoad: 'the agent says it when it has run for a while',
    },
    async start(stage) {
      const port = await freePort()
      const device = `127.0.0.1:${port}`
      const config = stage.file(
        'snmpd.conf',
        `agentaddress udp:${device}\nrocommunity public 127.0.0.1\n`,
      )
      const env = { MIBS: '', SNMP_PERSISTENT_DIR: stage.folder('state') }
      const agent = stage.begin('snmpd', ['-f', '-Lo', '-C', '-c', config], env)
      await until('snmpd', () => agent.output().includes('NET-SNMP version'))
      const modules = stage.file('snmp.yml', yamlOfReadme('snmp'))
      const [own] = await stage.exporter('prometheus-snmp-exporter', (address) => [
        ...[`--config.file=${modules}`, `--web.listen-address=${address}`],
      ])
      return [own.replace('/metrics', `/snmp?module=if_mib&target=${device}`), own]
    },
  },
  zookeeper: {
    commands: ['java', 'zookeeper'],
    lacks: {},
    async start(stage) {
      const ids = [1, 2]
      const ensemble: string[] = []
      for (const id of ids) {
        ensemble.push(`server.${id}=127.0.0.1:${await freePort()}:${await freePort()}`)
      }
      return await Promise.all(ids.map((id) => startZooKeeper(stage, id, ensemble)))
    },
  },
}

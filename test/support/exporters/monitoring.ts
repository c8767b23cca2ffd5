/** Live exporters of monitoring itself. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { makeCertificates } from '../../net/grpc/certificates.ts'
import { DnsServer } from '../dnsserver.ts'
import { freePort, startRole } from '../processes.ts'
import { type LiveExporters, NOT_ROOT, post, type Stage } from '../stage.ts'
export const MONITORING: LiveExporters = {
  alertmanager: {
    commands: ['prometheus-alertmanager'],
    lacks: {},
    async start(stage) {
      const [port, peer] = [await freePort(), await freePort()]
      const hook = await stage.page('')
      const config = stage.file(
        'alertmanager.yml',
        `route: {receiver: hook}\nreceivers: [{name: hook, webhook_configs: [{url: "${hook}"}]}]\n`,
      )
      const url = `http://127.0.0.1:${port}`
      await stage.run(
        'prometheus-alertmanager',
        [
          ...[`--config.file=${config}`, `--storage.path=${stage.folder('alertmanager')}`],
          ...[`--web.listen-address=127.0.0.1:${port}`],
          `--cluster.listen-address=127.0.0.1:${peer}`,
        ],
        `${url}/-/ready`,
      )
      const alert = { labels: { alertname: 'Something' } }
      await post(`${url}/api/v2/alerts`, JSON.stringify([alert]), 'application/json')
      return [`${url}/metrics`]
    },
  },
  blackbox: {
    commands: ['prometheus-blackbox-exporter'],
    cannot: NOT_ROOT, // a raw socket
    lacks: {},
    async start(stage) {
      const config = stage.file(
        'blackbox.yml',
        [
          'modules:',
          '  http: {prober: http, http: {tls_config: {insecure_skip_verify: true}}}',
          '  icmp: {prober: icmp, icmp: {preferred_ip_protocol: ip4}}',
          '  dns: {prober: dns, dns: {query_name: other.test, preferred_ip_protocol: ip4}}',
          '',
        ].join('\n'),
      )
      const names = await DnsServer.open()
      stage.own(() => names.close())
      names.answers.set('other.test', [{ type: 'A', address: '192.0.2.1' }])
      const [own] = await stage.exporter('prometheus-blackbox-exporter', (address) => [
        ...[`--config.file=${config}`, `--web.listen-address=${address}`],
      ])
      const probe = (module: string, target: string): string =>
        own.replace('/metrics', `/probe?module=${module}&target=${target}`)
      return [
        probe('http', await securePage(stage)),
        probe('icmp', '127.0.0.1'),
        probe('dns', names.address),
        own,
      ]
    },
  },
  'exporter-exporter': {
    commands: ['prometheus-exporter-exporter'],
    lacks: {},
    async start(stage) {
      const behind = new URL(await stage.page('one_metric 1\n'))
      const broken = new URL(await stage.page('no metric {\n'))
      const config = stage.file(
        'modules.yml',
        [
          'modules:',
          `  node: {method: http, http: {port: ${behind.port}, path: /, verify: true}}`,
          `  broken: {method: http, http: {port: ${broken.port}, path: /, verify: true}}`,
          '  command: {method: exec, exec: {command: /bin/false}}',
          '',
        ].join('\n'),
      )
      const [url] = await stage.exporter('prometheus-exporter-exporter', (address) => [
        ...[`-config.file=${config}`, `-web.listen-address=${address}`],
      ])
      for (const module of ['node', 'broken', 'command']) {
        await fetch(url.replace('/metrics', `/proxy?module=${module}`)).catch(() => {})
      }
      return [url]
    },
  },
  narthex: {
    commands: [],
    lacks: {},
    async start(stage) {
      const server = await startRole('up', [`--storage.path=${stage.folder('data')}`])
      stage.own(() => server.stop())
      return [`${server.url}/metrics`]
    },
  },
  prometheus: {
    commands: ['prometheus'],
    lacks: {},
    async start(stage) {
      const port = await freePort()
      const url = `http://127.0.0.1:${port}`
      const rules = stage.file(
        'rules.yml',
        'groups: [{name: a, rules: [{alert: Always, expr: vector(1)}]}]\n',
      )
      const config = stage.file(
        'prometheus.yml',
        [
          'global: {scrape_interval: 1s, evaluation_interval: 1s}',
          `rule_files: [${rules}]`,
          'alerting: {alertmanagers: [{static_configs: [{targets: ["127.0.0.1:1"]}]}]}',
          `remote_write: [{url: "${await stage.page('')}"}]`,
          'scrape_configs:',
          `  - {job_name: prometheus, static_configs: [{targets: ["127.0.0.1:${port}"]}]}`,
          '  - {job_name: gone, http_sd_configs: [{url: "http://127.0.0.1:1"}]}',
          '',
        ].join('\n'),
      )
      await stage.run(
        'prometheus',
        [
          ...[`--config.file=${config}`, `--storage.tsdb.path=${stage.folder('tsdb')}`],
          `--web.listen-address=127.0.0.1:${port}`,
        ],
        `${url}/-/ready`,
      )
      return [`${url}/metrics`]
    },
  },
  pushgateway: {
    commands: ['prometheus-pushgateway'],
    lacks: {},
    async start(stage) {
      const [url] = await stage.exporter('prometheus-pushgateway', (address) => [
        `--web.listen-address=${address}`,
      ])
      await post(`${url}/job/backup`, 'backup_seconds 1\n', 'text/plain')
      return [url]
    },
  },
  'smokeping-prober': {
    commands: ['prometheus-smokeping-prober'],
    cannot: NOT_ROOT, // a raw socket
    lacks: {},
    async start(stage) {
      const config = stage.file(
        'smokeping.yml',
        'targets: [{hosts: [127.0.0.1], interval: 1s, network: ip4, protocol: icmp, size: 56}]\n',
      )
      return await stage.exporter('prometheus-smokeping-prober', (address) => [
        ...[`--config.file=${config}`, `--web.listen-address=${address}`],
      ])
    },
  },
}

/** A page behind TLS. @returns its address */
async function securePage(stage: Stage): Promise<string> {
  const certificates = makeCertificates({ page: 'IP:127.0.0.1' })
  stage.own(() => certificates.remove())
  const [cert, key] = ['page.pem', 'page.key'].map((file) => readFileSync(certificates.at(file)))
  const server = createServer({ cert, key }, (_, reply) => reply.end('hello'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stage.own(() => {
    server.closeAllConnections()
    server.close()
  })
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

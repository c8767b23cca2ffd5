/** Live exporters of monitoring itself. */
import { freePort, startRole } from '../processes.ts'
import { type LiveExporters, NOT_ROOT, post } from '../stage.ts'
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
    lacks: {
      'probe_(ssl|tls)_.+': 'what is probed here has no certificate',
    },
    async start(stage) {
      const config = stage.file('blackbox.yml', 'modules: {http_2xx: {prober: http}}\n')
      const probed = await stage.page('hello')
      const [own] = await stage.exporter('prometheus-blackbox-exporter', (address) => [
        ...[`--config.file=${config}`, `--web.listen-address=${address}`],
      ])
      const probe = own.replace('/metrics', `/probe?module=http_2xx&target=${probed}`)
      return [probe, own]
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

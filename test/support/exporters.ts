/** Real exporters with their real servers, each started as its entry in the catalogue says. */
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { findComponent } from '../../tools/components.ts'
import { startMariaDb } from './mariadb.ts'
import { startPostgres } from './postgres.ts'
import {
  freePort,
  isOk,
  startProcess,
  startRole,
  type TestProcess,
  temporaryFolder,
  until,
} from './processes.ts'

/** How an exporter is brought to say something. */
export interface LiveExporter {
  readonly commands: readonly string[]
  /** Metrics of the sample that it has not here, and why; regular expressions of whole names. */
  readonly lacks: Readonly<Record<string, string>>
  /** @returns addresses whose answers together are what the exporter says */
  start(stage: Stage): Promise<readonly string[]>
}

/** Exporters by the names of their entries. */
export const LIVE_EXPORTERS: Readonly<Record<string, LiveExporter>> = {
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
  apache: {
    commands: ['apache2', 'prometheus-apache-exporter'],
    lacks: {},
    async start(stage) {
      const port = await freePort()
      const back = new URL(await stage.page('hello')).origin
      const balancer = [
        'proxy',
        'proxy_http',
        'proxy_balancer',
        'slotmem_shm',
        'lbmethod_byrequests',
      ]
      const modules = ['mpm_event', 'authz_core', 'status', ...balancer].map((name) => {
        return `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`
      })
      const config = stage.file(
        'apache.conf',
        [
          ...modules,
          `ServerName localhost\nServerRoot ${stage.path}\nListen 127.0.0.1:${port}`,
          `PidFile ${join(stage.path, 'apache.pid')}\nErrorLog ${join(stage.path, 'apache.log')}`,
          `DefaultRuntimeDir ${stage.path}\nUser nobody\nGroup nogroup\nExtendedStatus On\nProxyStatus On`,
          `<Proxy balancer://pages>\nBalancerMember ${back}\n</Proxy>\nProxyPass /pages balancer://pages`,
          '<Location /server-status>\nSetHandler server-status\n</Location>\n',
        ].join('\n'),
      )
      const status = `http://127.0.0.1:${port}/server-status?auto`
      await stage.run('apache2', ['-f', config, '-DFOREGROUND'], status)
      return await stage.exporter('prometheus-apache-exporter', (address) => [
        `--scrape_uri=${status}`,
        `--telemetry.address=${address}`,
      ])
    },
  },
  bind: {
    commands: ['named', 'prometheus-bind-exporter'],
    lacks: {
      bind_resolver_cache_rrsets: 'nothing is resolved without a network',
    },
    async start(stage) {
      const [port, queries] = [await freePort(), await freePort()]
      const pid = join(stage.path, 'named.pid')
      const soa = '@ 60 IN SOA ns host 1 60 60 60 60\n@ IN NS ns\nns IN A 127.0.0.1\n'
      const zone = stage.file('zone', soa)
      const config = stage.file(
        'named.conf',
        [
          `options { directory "${stage.path}"; listen-on port ${queries} { 127.0.0.1; };`,
          'listen-on-v6 { none; }; forward only; forwarders { 127.0.0.1 port 1; };',
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
      return await stage.exporter('prometheus-bind-exporter', (address) => [
        ...[`--bind.stats-url=${url}`, `--bind.pid-file=${pid}`],
        `--web.listen-address=${address}`,
      ])
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
  caddy: {
    commands: ['caddy'],
    lacks: {},
    async start(stage) {
      const [admin, web] = [await freePort(), await freePort()]
      const back = new URL(await stage.page('hello')).host
      const config = stage.file(
        'Caddyfile',
        [
          `{\n  admin 127.0.0.1:${admin}\n  auto_https off`,
          '  servers {\n    metrics\n  }\n}',
          `http://127.0.0.1:${web} {\n  reverse_proxy /page ${back}\n  error /error 500\n}\n`,
        ].join('\n'),
      )
      const url = `http://127.0.0.1:${admin}/metrics`
      await stage.run('caddy', ['run', '--config', config, '--adapter', 'caddyfile'], url, {
        HOME: stage.path,
      })
      for (const path of ['page', 'error']) await fetch(`http://127.0.0.1:${web}/${path}`)
      return [url]
    },
  },
  elasticsearch: {
    commands: ['prometheus-elasticsearch-exporter'],
    lacks: {},
    async start(stage) {
      return await stage.exporter('prometheus-elasticsearch-exporter', (address) => [
        ...['--es.uri=http://127.0.0.1:1', `--web.listen-address=${address}`],
      ])
    },
  },
  etcd: {
    commands: ['etcd'],
    lacks: {
      'etcd_network_peer_.+': 'the member here is alone',
    },
    async start(stage) {
      const [client, peer] = [await freePort(), await freePort()]
      const [url, peers] = [`http://127.0.0.1:${client}`, `http://127.0.0.1:${peer}`]
      await stage.run(
        'etcd',
        [
          ...['--name=one', `--data-dir=${stage.folder('etcd')}`, `--initial-cluster=one=${peers}`],
          ...[`--listen-client-urls=${url}`, `--advertise-client-urls=${url}`],
          ...[`--listen-peer-urls=${peers}`, `--initial-advertise-peer-urls=${peers}`],
        ],
        `${url}/health`,
      )
      return [`${url}/metrics`]
    },
  },
  haproxy: {
    commands: ['haproxy'],
    lacks: {},
    async start(stage) {
      const [port, front] = [await freePort(), await freePort()]
      const back = new URL(await stage.page('hello')).host
      const config = stage.file(
        'haproxy.cfg',
        [
          'global\n  maxconn 100',
          'defaults\n  mode http\n  timeout client 5s\n  timeout server 5s\n  timeout connect 5s',
          `frontend metrics\n  bind 127.0.0.1:${port}`,
          '  http-request use-service prometheus-exporter if { path /metrics }',
          `frontend web\n  bind 127.0.0.1:${front}\n  default_backend pages`,
          `backend pages\n  option httpchk\n  server one ${back} check`,
          '',
        ].join('\n'),
      )
      const url = `http://127.0.0.1:${port}/metrics`
      await stage.run('haproxy', ['-f', config], url)
      await until('a page through haproxy', () => isOk(`http://127.0.0.1:${front}/`))
      return [url]
    },
  },
  mysqld: {
    commands: ['mariadbd', 'mariadb-install-db', 'prometheus-mysqld-exporter'],
    lacks: {
      'mysql_slave_status_.+': 'the server here is no replica',
    },
    async start(stage) {
      const server = await startMariaDb()
      stage.own(() => server.stop())
      return await stage.exporter(
        'prometheus-mysqld-exporter',
        (address) => [`--web.listen-address=${address}`],
        { DATA_SOURCE_NAME: `root@(127.0.0.1:${server.port})/` },
      )
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
  nginx: {
    commands: ['nginx', 'prometheus-nginx-exporter'],
    lacks: {},
    async start(stage) {
      const port = await freePort()
      const config = stage.file(
        'nginx.conf',
        [
          `daemon off;\npid ${join(stage.path, 'nginx.pid')};\nerror_log stderr;`,
          `events {}\nhttp {\naccess_log off;`,
          `client_body_temp_path ${stage.folder('body')};\nproxy_temp_path ${stage.folder('proxy')};`,
          `server { listen 127.0.0.1:${port}; location = /stub_status { stub_status; } }\n}\n`,
        ].join('\n'),
      )
      const status = `http://127.0.0.1:${port}/stub_status`
      await stage.run('nginx', ['-p', stage.path, '-c', config], status)
      return await stage.exporter('prometheus-nginx-exporter', (address) => [
        ...[`-nginx.scrape-uri=${status}`, `-web.listen-address=${address}`],
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
  postgres: {
    commands: ['postgres', 'initdb', 'prometheus-postgres-exporter'],
    lacks: {
      'pg_stat_replication_.+': 'the server here has no standby',
    },
    async start(stage) {
      const server = await startPostgres()
      stage.own(() => server.stop())
      await server.query("CREATE USER exporter PASSWORD 'secret'; GRANT pg_monitor TO exporter")
      await server.query("SELECT pg_create_physical_replication_slot('standby', true)")
      const source = `postgresql://exporter:secret@127.0.0.1:${server.port}/postgres?sslmode=disable`
      return await stage.exporter(
        'prometheus-postgres-exporter',
        (address) => [`--web.listen-address=${address}`],
        { DATA_SOURCE_NAME: source },
      )
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
  redis: {
    commands: ['redis-server', 'prometheus-redis-exporter'],
    lacks: {},
    async start(stage) {
      const first = await stage.redis()
      const replica = await stage.redis(first)
      await stage.redis(replica)
      await sayTo(replica, 'NOSUCH\r\n')
      return await stage.exporter('prometheus-redis-exporter', (address) => [
        ...[`--redis.addr=redis://127.0.0.1:${replica}`, `--web.listen-address=${address}`],
      ])
    },
  },
  squid: {
    commands: ['squid', 'prometheus-squid-exporter'],
    lacks: {},
    async start(stage) {
      const port = await freePort()
      const pid = join(stage.path, 'squid.pid')
      const config = stage.file(
        'squid.conf',
        [
          `http_port 127.0.0.1:${port}\npid_filename ${pid}\ncache_log /dev/stderr`,
          'access_log none\ncache_store_log none\ncache_mem 8 MB\npinger_enable off\nshutdown_lifetime 0 seconds',
          'http_access allow localhost manager\nhttp_access allow localhost\n',
        ].join('\n'),
      )
      const counters = `http://127.0.0.1:${port}/squid-internal-mgr/counters`
      await stage.run('squid', ['-N', '-f', config], counters)
      return await stage.exporter('prometheus-squid-exporter', (address) => [
        ...['-squid-hostname=127.0.0.1', `-squid-port=${port}`, `-squid-pidfile=${pid}`],
        `-listen=${address}`,
      ])
    },
  },
  varnish: {
    commands: ['varnishd', 'prometheus-varnish-exporter'],
    lacks: {},
    async start(stage) {
      const port = await freePort()
      const back = new URL(await stage.page('hello')).host
      const name = stage.folder('varnish')
      const url = `http://127.0.0.1:${port}/`
      await stage.run(
        'varnishd',
        [
          ...['-F', '-n', name, '-j', 'none', '-a', `127.0.0.1:${port}`],
          ...['-b', back, '-s', 'malloc,16m'],
        ],
        url,
      )
      return await stage.exporter('prometheus-varnish-exporter', (address) => [
        ...['-n', name, `-web.listen-address=${address}`],
      ])
    },
  },
}

/** What was started for one exporter; all of it ends with `clear`. */
export class Stage {
  readonly path: string
  readonly #ends: (() => unknown)[] = []

  constructor(name: string) {
    const folder = temporaryFolder(name)
    this.path = folder.path
    this.own(() => folder.remove())
  }

  own(end: () => unknown): void {
    this.#ends.push(end)
  }

  file(name: string, text: string): string {
    const path = join(this.path, name)
    writeFileSync(path, text)
    return path
  }

  folder(name: string): string {
    const path = join(this.path, name)
    mkdirSync(path)
    return path
  }

  /** A page that answers every request with this text. */
  async page(text: string): Promise<string> {
    const server = createServer((request, reply) => {
      request.resume()
      reply.end(text)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    this.own(() => {
      server.closeAllConnections()
      server.close()
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  }

  /** Starts a component and waits until an address answers 200. */
  async run(
    command: string,
    args: readonly string[],
    readyUrl: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const started = this.#begin(command, args, env)
    await until(`${command} at ${readyUrl}`, () => isOk(readyUrl)).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${started.output()}`)
    })
  }

  /** Starts an exporter on a free port. @returns the address of its metrics */
  async exporter(
    command: string,
    args: (address: string) => readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<readonly [string]> {
    const address = `127.0.0.1:${await freePort()}`
    const url = `http://${address}/metrics`
    await this.run(command, args(address), url, env)
    return [url]
  }

  /** A Redis server, the replica of another. @returns its port */
  async redis(of?: number): Promise<number> {
    const port = await freePort()
    const source = of === undefined ? [] : ['--replicaof', `127.0.0.1 ${of}`]
    const storage = ['--save', '', '--dir', this.path, '--dbfilename', `${port}.rdb`]
    const soon = ['--repl-diskless-sync-delay', '0']
    const started = this.#begin(
      'redis-server',
      [...['--bind', '127.0.0.1', '--port', String(port)], ...storage, ...soon, ...source],
      {},
    )
    const sign = of === undefined ? 'Ready to accept connections' : 'Finished with success'
    await until(`redis-server: ${sign}`, () => started.output().includes(sign))
    return port
  }

  async clear(): Promise<void> {
    for (const end of this.#ends.toReversed()) await end()
  }

  #begin(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Omit<TestProcess, 'url'> {
    const component = findComponent(command)
    if (component === undefined) throw new Error(`${command} is not on this machine`)
    const started = startProcess(component.path, args, { ...component.env, ...env })
    this.own(() => started.stop())
    return started
  }
}

async function post(url: string, body: string, type: string): Promise<void> {
  const reply = await fetch(url, { method: 'POST', body, headers: { 'content-type': type } })
  await reply.arrayBuffer()
  if (!reply.ok) throw new Error(`${url} answered ${reply.status}`)
}

/** Says one line to a server and waits for what it says back. */
async function sayTo(port: number, line: string): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.write(line)
  await once(socket, 'data')
  socket.destroy()
}

/** Live exporters of databases. */
import { startElasticsearch } from '../elasticsearch.ts'
import { startMariaDb } from '../mariadb.ts'
import { PASSWORD, startPostgres } from '../postgres.ts'
import { freePort, until } from '../processes.ts'
import { type LiveExporters, type Stage, sayTo } from '../stage.ts'

/** What a Redis server says when it can be used, alone and as a replica. */
const READY = 'Ready to accept connections'
const REPLICATED = 'Finished with success'

interface EtcdMember {
  readonly name: string
  readonly client: string
  readonly peers: string
}

export const DATABASES: LiveExporters = {
  elasticsearch: {
    commands: ['java', 'elasticsearch', 'prometheus-elasticsearch-exporter'],
    lacks: {},
    async start(stage) {
      const url = await startElasticsearch(stage)
      return await stage.exporter('prometheus-elasticsearch-exporter', (address) => [
        ...[`--es.uri=${url}`, '--es.all', '--es.indices', '--es.cluster_settings'],
        ...['--es.snapshots', `--web.listen-address=${address}`],
      ])
    },
  },
  etcd: {
    commands: ['etcd'],
    lacks: {},
    async start(stage) {
      const members: EtcdMember[] = []
      for (const name of ['one', 'two']) {
        const [port, peer] = [await freePort(), await freePort()]
        const [client, peers] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peer}`]
        members.push({ name, client, peers })
      }
      await Promise.all(members.map((member) => startEtcd(stage, member, members)))
      return members.map(({ client }) => `${client}/metrics`)
    },
  },
  influxdb: {
    commands: ['influxd'],
    lacks: {},
    async start(stage) {
      const [port, backup] = [await freePort(), await freePort()]
      const config = stage.file(
        'influxdb.conf',
        [
          `reporting-disabled = true\nbind-address = "127.0.0.1:${backup}"`,
          `[meta]\ndir = "${stage.folder('meta')}"`,
          `[data]\ndir = "${stage.folder('data')}"\nwal-dir = "${stage.folder('wal')}"`,
          `[http]\nbind-address = "127.0.0.1:${port}"\n`,
        ].join('\n'),
      )
      const url = `http://127.0.0.1:${port}/metrics`
      await stage.run('influxd', ['run', '-config', config], url)
      return [url]
    },
  },
  mysqld: {
    commands: ['mariadbd', 'mariadb-install-db', 'mariadb', 'prometheus-mysqld-exporter'],
    lacks: {},
    async start(stage) {
      const first = await startMariaDb(['--server-id=1', '--log-bin=log'])
      stage.own(() => first.stop())
      const replica = await startMariaDb(['--server-id=2', '--log-bin=log'])
      stage.own(() => replica.stop())
      await replica.query(
        `CHANGE MASTER TO master_host='127.0.0.1', master_port=${first.port}, master_user='root'; START SLAVE`,
      )
      return await stage.exporter(
        'prometheus-mysqld-exporter',
        (address) => ['--collect.info_schema.processlist', `--web.listen-address=${address}`],
        { DATA_SOURCE_NAME: `root@(127.0.0.1:${replica.port})/` },
      )
    },
  },
  postgres: {
    commands: ['postgres', 'initdb', 'pg_receivewal', 'prometheus-postgres-exporter'],
    lacks: {},
    async start(stage) {
      const server = await startPostgres()
      stage.own(() => server.stop())
      await server.query("CREATE USER exporter PASSWORD 'secret'; GRANT pg_monitor TO exporter")
      await server.query("SELECT pg_create_physical_replication_slot('standby', true)")
      const to = ['--host=127.0.0.1', `--port=${server.port}`, '--username=narthex']
      const what = ['--slot=standby', '--no-loop', `--directory=${stage.folder('log')}`]
      stage.begin('pg_receivewal', [...to, ...what], { PGPASSWORD: PASSWORD })
      const source = `postgresql://exporter:secret@127.0.0.1:${server.port}/postgres?sslmode=disable`
      return await stage.exporter(
        'prometheus-postgres-exporter',
        (address) => [`--web.listen-address=${address}`],
        { DATA_SOURCE_NAME: source },
      )
    },
  },
  redis: {
    commands: ['redis-server', 'prometheus-redis-exporter'],
    lacks: {},
    async start(stage) {
      const first = await startRedis(stage, READY)
      const replica = await startRedis(stage, REPLICATED, '--replicaof', `127.0.0.1 ${first}`)
      await startRedis(stage, REPLICATED, '--replicaof', `127.0.0.1 ${replica}`)
      const member = await startRedis(stage, READY, '--cluster-enabled', 'yes')
      await sayTo(replica, 'NOSUCH\r\n')
      const [url] = await stage.exporter('prometheus-redis-exporter', (address) => [
        ...[`--redis.addr=redis://127.0.0.1:${replica}`, `--web.listen-address=${address}`],
      ])
      return [url, url.replace('/metrics', `/scrape?target=redis://127.0.0.1:${member}`)]
    },
  },
  sql: {
    commands: ['postgres', 'initdb', 'prometheus-sql-exporter'],
    lacks: {},
    async start(stage) {
      const server = await startPostgres()
      stage.own(() => server.stop())
      await server.query('CREATE TABLE orders (country text, packed_at timestamptz)')
      await server.query("INSERT INTO orders VALUES ('KR', NULL), ('DE', NULL)")
      const source = `postgres://narthex:${encodeURIComponent(PASSWORD)}@127.0.0.1:${server.port}/postgres`
      const config = stage.file(
        'sql.yml',
        [
          'jobs:\n  - name: shop\n    interval: 1s',
          `    connections: ['${source}?sslmode=disable']`,
          '    queries:\n      - name: orders_waiting\n        help: Orders that nobody has packed.',
          '        labels: [country]\n        values: [count]',
          '        query: SELECT country, count(*)::float FROM orders WHERE packed_at IS NULL GROUP BY 1',
          '      - name: orders_lost\n        help: Asks for a table that is not there.',
          '        values: [count]\n        query: SELECT count(*)::float FROM lost\n',
        ].join('\n'),
      )
      return await stage.exporter('prometheus-sql-exporter', (address) => [
        ...[`-config.file=${config}`, `-web.listen-address=${address}`],
      ])
    },
  },
}

async function startEtcd(
  stage: Stage,
  { name, client, peers }: EtcdMember,
  all: readonly EtcdMember[],
): Promise<void> {
  const cluster = all.map((member) => `${member.name}=${member.peers}`).join()
  await stage.run(
    'etcd',
    [
      ...[`--name=${name}`, `--data-dir=${stage.folder(name)}`, `--initial-cluster=${cluster}`],
      ...[`--listen-client-urls=${client}`, `--advertise-client-urls=${client}`],
      ...[`--listen-peer-urls=${peers}`, `--initial-advertise-peer-urls=${peers}`],
      '--metrics=extensive',
    ],
    `${client}/health`,
  )
}

/** Starts a Redis server and waits until it says a sign. @returns its port */
async function startRedis(stage: Stage, sign: string, ...flags: string[]): Promise<number> {
  const port = await freePort()
  const storage = ['--save', '', '--dir', stage.folder(`redis-${port}`)]
  const started = stage.begin('redis-server', [
    ...['--bind', '127.0.0.1', '--port', String(port), ...storage],
    ...['--repl-diskless-sync-delay', '0', ...flags],
  ])
  await until(`redis-server: ${sign}`, () => started.output().includes(sign))
  return port
}

/** Live exporters of databases. */
import { startElasticsearch } from '../elasticsearch.ts'
import { startMariaDb } from '../mariadb.ts'
import { startPostgres } from '../postgres.ts'
import { freePort } from '../processes.ts'
import { type LiveExporters, sayTo } from '../stage.ts'
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
}

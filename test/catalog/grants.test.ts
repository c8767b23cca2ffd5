/** The SQL that hands-on texts give to make a user for the exporter, on real servers, as it is printed. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chownSync } from 'node:fs'
import { test } from 'node:test'
import { findComponent } from '../../tools/components.ts'
import { startMariaDb } from '../support/mariadb.ts'
import { startPostgres } from '../support/postgres.ts'
import { missingComponents } from '../support/processes.ts'
import { NOT_ROOT, Stage } from '../support/stage.ts'
import { fencedIn, readReadme } from './readmes.ts'

/** The user of Debian's packages, as which the units run. */
const USER = 'prometheus'

const hasUser = spawnSync('id', ['--user', USER]).status === 0

/** Only root can start a program as another user, which logs in by being that user. */
const cannot = NOT_ROOT ?? (hasUser ? undefined : `there is no user ${USER}`)

/** nobody, who owns the folder of the server's socket. */
const OTHER_USER = 65_534

function sqlOf(name: string): string {
  const [sql = ''] = fencedIn(readReadme(name).text, 'sql')
  return sql
}

/** Starts an exporter as the user of its unit. @returns what it says */
async function answerOf(stage: Stage, command: string, source: string): Promise<string> {
  const program = findComponent(command)?.path ?? command
  const as = ['--reuid', USER, '--regid', USER, '--clear-groups', '--', program]
  const [url] = await stage.exporter(
    'setpriv',
    (address) => [...as, `--web.listen-address=${address}`],
    { DATA_SOURCE_NAME: source },
  )
  return await (await fetch(url)).text()
}

test('mysqld: the user of the text is enough for the exporter, over the socket and without a password', {
  skip: cannot ?? missingComponents('mariadbd', 'mariadb', 'prometheus-mysqld-exporter'),
}, async (t) => {
  const stage = new Stage('mysqld-grants')
  t.after(() => stage.clear())
  const first = await startMariaDb(['--server-id=1', '--log-bin=log'])
  stage.own(() => first.stop())
  const replica = await startMariaDb(['--server-id=2'])
  stage.own(() => replica.stop())
  await replica.query(
    `CHANGE MASTER TO master_host='127.0.0.1', master_port=${first.port}, master_user='root'; START SLAVE`,
  )
  const [forMariaDb] = sqlOf('mysqld').split('-- MySQL 8')
  await replica.query(forMariaDb)
  const source = `prometheus@unix(${replica.socket})/`
  const answer = await answerOf(stage, 'prometheus-mysqld-exporter', source)
  assert.match(answer, /^mysql_up 1$/m)
  assert.match(answer, /^mysql_slave_status_slave_sql_running\b/m)
  assert.match(answer, /^mysql_exporter_last_scrape_error 0$/m)
  const rows = await replica.query("SHOW GRANTS FOR 'prometheus'@'localhost'")
  assert.doesNotMatch(rows, /SELECT|ALL PRIVILEGES/)
})

test('postgres: the role of the text is enough for the exporter, over the socket and without a password', {
  skip: cannot ?? missingComponents('postgres', 'initdb', 'prometheus-postgres-exporter'),
}, async (t) => {
  const stage = new Stage('postgres-grants')
  t.after(() => stage.clear())
  const folder = stage.openFolder('sockets')
  chownSync(folder, OTHER_USER, OTHER_USER)
  const access = 'local all all peer\nhost all all 127.0.0.1/32 scram-sha-256\n'
  const server = await startPostgres(
    { unix_socket_directories: folder },
    { 'pg_hba.conf': stage.file('pg_hba.conf', access) },
  )
  stage.own(() => server.stop())
  await server.query(sqlOf('postgres'))
  const source = `user=prometheus host=${folder} port=${server.port} dbname=postgres`
  const answer = await answerOf(stage, 'prometheus-postgres-exporter', source)
  assert.match(answer, /^pg_up 1$/m)
  assert.match(answer, /^pg_exporter_last_scrape_error 0$/m)
  assert.match(answer, /^pg_settings_max_connections\b/m)
  assert.match(answer, /^pg_database_size_bytes\{/m)
})

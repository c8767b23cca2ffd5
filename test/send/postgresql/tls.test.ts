/** The PostgreSQL writer over TLS, before the real server. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeCertificates } from '../../net/grpc/certificates.ts'
import { PASSWORD, startPostgres } from '../../support/postgres.ts'
import { missingComponents } from '../../support/processes.ts'
import { openListed } from '../opened.ts'

const PARCEL = {
  lane: 0,
  count: 1,
  ids: Float64Array.of(1),
  values: Float64Array.of(1),
  timeMs: 1,
  times: undefined,
  histograms: [],
  exemplars: [],
  takenMs: 0,
}

test('certificates are checked against authority and name', {
  skip: missingComponents('postgres', 'initdb', 'openssl') ?? false,
}, async (t) => {
  const certificates = makeCertificates({ server: 'DNS:db.example,IP:127.0.0.1' })
  const server = await startPostgres(
    { ssl: 'on', ssl_cert_file: 'server.pem', ssl_key_file: 'server.key' },
    { 'server.pem': certificates.at('server.pem'), 'server.key': certificates.at('server.key') },
  )
  t.after(async () => {
    await server.stop()
    certificates.remove()
  })
  const view = { labels: () => ['__name__', 'm'], targetKey: () => '' }
  const write = async (place: string, tls: string): Promise<string> => {
    const writer = openListed(`type: postgresql, ${place}, tls_config: {${tls}}`, view)
    const result = await writer.write([PARCEL], new AbortController().signal)
    if (result.outcome === 'written') {
      const rows = await server.query(
        `select ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'narthex'`,
      )
      assert.deepEqual(rows, [{ ssl: true }])
    }
    await writer.close()
    return result.outcome === 'written' ? 'written' : `${result.outcome} ${result.reason}`
  }
  const login = `database: postgres, user: narthex, password: "${PASSWORD}"`
  const place = `host: 127.0.0.1, port: ${server.port}, ${login}`
  const url = `postgresql://narthex@127.0.0.1:${server.port}/postgres`
  const ca = `ca_file: "${certificates.at('authority.pem')}"`
  assert.equal(await write(place, ca), 'written')
  assert.equal(await write(`connection_string: "${url}", password: "${PASSWORD}"`, ca), 'written')
  assert.equal(await write(place, `${ca}, server_name: db.example`), 'written')
  assert.equal(await write(place, `${ca}, server_name: other.example`), 'retry connection')
  assert.equal(
    await write(place, 'insecure_skip_verify: false, min_version: TLS12'),
    'retry connection',
  )
})

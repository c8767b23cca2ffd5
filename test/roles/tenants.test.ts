/** Tenants of a gateway: their tokens let them in, their doors add their labels. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Metrics } from '../../src/base/metrics.ts'
import { Secret } from '../../src/base/secret.ts'
import type { TenantConfig } from '../../src/config/gateway.ts'
import { NO_WEB_CONFIG } from '../../src/config/web.ts'
import { labelsFrom } from '../../src/model/labels.ts'
import { admitTenants, Doors } from '../../src/roles/tenants.ts'
import { fakeClock } from '../collect/clock.ts'

function tenantOf(name: string, token: string, label: string): TenantConfig {
  const labels = labelsFrom([['tenant', label]])
  return { name, token: new Secret(token), tokenFile: '', labels }
}

test('tokens of tenants may write, from the file or from the configuration', () => {
  const folder = mkdtempSync(join(tmpdir(), 'narthex-tenants-'))
  const file = join(folder, 'token')
  writeFileSync(file, 'two\n')
  const inFile = { name: 'b', token: undefined, tokenFile: file, labels: [] }
  const web = admitTenants(NO_WEB_CONFIG, [tenantOf('a', 'one', 'x'), inFile])
  const digest = (text: string): string => createHash('sha256').update(text).digest('hex')
  assert.deepEqual(web.tokens, [
    { name: 'tenant:a', sha256: digest('one'), role: 'editor' },
    { name: 'tenant:b', sha256: digest('two'), role: 'editor' },
  ])
  assert.equal(admitTenants(NO_WEB_CONFIG, []), NO_WEB_CONFIG)
  writeFileSync(file, '\n')
  assert.throws(() => admitTenants(NO_WEB_CONFIG, [inFile]), /tenant b: its token is empty/)
  rmSync(folder, { recursive: true })
  assert.throws(() => admitTenants(NO_WEB_CONFIG, [inFile]), /cannot admit tenant b: .*ENOENT/)
})

test('a token that two have is refused, as nobody could tell whose samples they are', () => {
  const twice = [tenantOf('a', 'one', 'x'), tenantOf('b', 'one', 'y')]
  assert.throws(() => admitTenants(NO_WEB_CONFIG, twice), {
    message: 'cannot admit tenant b: its token is that of tenant a, wanted one of its own',
  })
  const sha256 = createHash('sha256').update('one').digest('hex').toUpperCase()
  const web = { ...NO_WEB_CONFIG, tokens: [{ name: 'ci', sha256, role: 'viewer' as const }] }
  assert.throws(() => admitTenants(web, twice), /tenant a: its token is that of ci/)
})

test('a door stays the same over reloads that leave its tenant alone', () => {
  const doors = new Doors(fakeClock(), new Metrics())
  const series = labelsFrom([['__name__', 'm']])
  doors.apply({ tenants: [tenantOf('a', 'one', 'x'), tenantOf('b', 'two', 'y')], ha: undefined })
  const a = doors.of('tenant:a')
  const b = doors.of('tenant:b')
  assert.deepEqual(a.enter(series), ['__name__', 'm', 'tenant', 'x'])
  assert.equal(doors.of('anybody').enter(series), series)
  doors.apply({ tenants: [tenantOf('a', 'new', 'x'), tenantOf('b', 'two', 'z')], ha: undefined })
  assert.equal(doors.of('tenant:a'), a)
  assert.notEqual(doors.of('tenant:b'), b)
  const ha = { clusterLabel: 'cluster', replicaLabel: 'replica', failoverMs: 30_000 }
  doors.apply({ tenants: [], ha })
  const pair = labelsFrom([
    ['__name__', 'm'],
    ['cluster', 'c'],
    ['replica', 'r'],
  ])
  assert.deepEqual(doors.of('tenant:a').replicaOf(pair), { cluster: 'c', name: 'r' })
  assert.deepEqual(doors.of('anybody').enter(pair), ['__name__', 'm', 'cluster', 'c'])
})

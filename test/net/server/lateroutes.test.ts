/** Routes that are made when somebody asks for one of them. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { NarthexError } from '../../../src/base/error.ts'
import { route, serve } from './support.ts'

test('routes that come late are made once, by the first request below their prefix', async () => {
  let loads = 0
  let open = (): void => {}
  const isOpen = new Promise<void>((resolve) => {
    open = resolve
  })
  const late = {
    prefixes: ['/late/', '/other'],
    load: async () => {
      loads++
      await isOpen
      return [route('/late/:name'), route('/other')]
    },
  }
  await using server = await serve({ lateRoutes: [late] })
  assert.equal((await server.ask('/hello')).status, 200)
  assert.equal((await server.ask('/nothing')).status, 404)
  assert.equal(loads, 0, 'nobody asked for one of them')
  const both = [server.ask('/late/a'), server.ask('/other')]
  open()
  assert.deepEqual(
    (await Promise.all(both)).map(({ status }) => status),
    [200, 200],
  )
  assert.equal((await server.ask('/late/b')).status, 200)
  assert.equal((await server.ask('/late/b', { method: 'POST' })).status, 405)
  assert.equal((await server.ask('/late/b/c')).status, 404)
  assert.equal(loads, 1)
})

test('routes that could not be made say why, and are tried again', async () => {
  let fault: NarthexError | undefined = new NarthexError('busy', 'cannot open it: it is away')
  const late = {
    prefixes: ['/late'],
    load: async () => {
      if (fault !== undefined) throw fault
      return [route('/late')]
    },
  }
  await using server = await serve({ lateRoutes: [late] })
  const refused = await server.ask('/late')
  assert.equal(refused.status, 503)
  assert.match(refused.text, /cannot open it: it is away/)
  fault = undefined
  assert.equal((await server.ask('/late')).status, 200)
})

test('nobody has routes made without having shown who they are', async () => {
  let loads = 0
  const late = {
    prefixes: ['/late'],
    load: async () => {
      loads++
      return [route('/late')]
    },
  }
  const sha256 = createHash('sha256').update('abc').digest('hex')
  const web = { tokens: [{ name: 'x', sha256, role: 'viewer' as const }] }
  await using server = await serve({ lateRoutes: [late], web })
  assert.equal((await server.ask('/late')).status, 401)
  assert.equal(loads, 0)
  const headers = { authorization: 'Bearer abc' }
  assert.equal((await server.ask('/late', { headers })).status, 200)
})

/** C30: addresses that discovery may not name are refused in every spelling that a URL takes, and after their resolution. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { NarthexError } from '../../../src/base/error.ts'
import { PLAIN_HTTP } from '../../../src/config/http.ts'
import { guardedLookup, isLinkLocal } from '../../../src/net/client/address.ts'
import { BodyPool } from '../../../src/net/client/body.ts'
import { openHttpChannel } from '../../../src/net/client/channel.ts'

let connections = 0
const server = net.createServer((socket) => {
  connections++
  socket.destroy()
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo
after(() => server.close())

async function refusalOf(host: string, admits: (address: string) => boolean): Promise<string> {
  const channel = openHttpChannel({
    url: new URL(`http://${host}:${port}/`),
    config: PLAIN_HTTP,
    headers: [],
    bodyBytesMax: 1000,
    clock: systemClock,
    bodies: new BodyPool(),
    admits,
  })
  try {
    await channel.get(10_000)
    return 'it answers'
  } catch (error) {
    assert.ok(error instanceof NarthexError)
    return `${error.kind}: ${error.message}`
  } finally {
    channel.close()
  }
}

for (const host of [
  '169.254.169.254',
  '169.254.169.254.',
  '2852039166',
  '0xa9fea9fe',
  '0251.0376.0251.0376',
  '169.254.43518',
  '①⑥⑨.②⑤④.①⑥⑨.②⑤④',
  '１６９.254.169.254',
  '169。254。169。254',
  '%31%36%39.254.169.254',
  '[fe80::1]',
  '[::ffff:169.254.169.254]',
  '[64:ff9b::a9fe:a9fe]',
  '[fd00:ec2::254]',
]) {
  test(`C30: ${host} in a URL is not connected to`, async () => {
    const refusal = await refusalOf(host, (address) => !isLinkLocal(address))
    assert.match(refusal, /^forbidden: .*is a link-local or metadata address/)
  })
}

for (const name of ['localhost', 'LOCALHOST', 'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ']) {
  test(`C30: what ${name} resolves to is judged, not the name`, async () => {
    const seen: string[] = []
    const refusal = await refusalOf(name, (address) => {
      seen.push(address)
      return false
    })
    assert.match(refusal, /^forbidden: .* of localhost is a link-local or metadata address/)
    assert.ok(seen.every((address) => net.isIP(address) !== 0) && seen.length > 0, seen.join())
    assert.equal(connections, 0, 'nobody was connected to')
  })
}

test('C30: of several addresses only those that are admitted are handed to the socket', async () => {
  const look = (admits: (address: string) => boolean): Promise<string[]> =>
    new Promise((resolve, reject) => {
      guardedLookup(admits)('localhost', { all: true }, (error, found) => {
        if (error !== null) reject(error)
        else if (Array.isArray(found)) resolve(found.map(({ address }) => address))
      })
    })
  const all = await look(() => true)
  for (const only of all) assert.deepEqual(await look((address) => address === only), [only])
  await assert.rejects(
    look(() => false),
    /link-local or metadata address/,
  )
})

/** One conversation from the first list to the second, word by word, in chunks of any size. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { DiscoveryBench } from '../bench.ts'
import { kubernetes } from './config.ts'
import { bookmark, expired, listedPod, podList, watchedPod } from './conversation.ts'

/** What is said after a request, and when the answer ends. */
interface Turn {
  /** The request that is expected: its target without what differs each time. */
  readonly asked: string
  readonly says: readonly object[]
  readonly ends: 'at once' | 'when told' | 'never'
}

const TOKEN = 'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6OTAwMSwic3RhcnQiOiJzaG9wL3dlYi0xXHUwMDAwIn0'
const PODS = '/api/v1/pods'
const watch = (version: string): string =>
  `${PODS}?watch=true&allowWatchBookmarks=true&resourceVersion=${version}&timeoutSeconds=450`

const CONVERSATION: readonly Turn[] = [
  {
    asked: `${PODS}?limit=500`,
    says: [
      podList({ resourceVersion: '9001', continue: TOKEN, remainingItemCount: 1 }, [
        listedPod('web-1', '10.42.0.7', '8120'),
      ]),
    ],
    ends: 'at once',
  },
  {
    asked: `${PODS}?limit=500&continue=${TOKEN}`,
    says: [podList({ resourceVersion: '9001' }, [listedPod('web-2', '10.42.0.8', '8977')])],
    ends: 'at once',
  },
  {
    asked: watch('9001'),
    says: [
      { type: 'ADDED', object: watchedPod('web-3', '10.42.0.9', '9010', 'False') },
      { type: 'MODIFIED', object: watchedPod('web-3', '10.42.0.9', '9014') },
      { type: 'DELETED', object: watchedPod('web-1', '10.42.0.7', '9020', 'False') },
      bookmark('9100'),
    ],
    // As after timeoutSeconds.
    ends: 'when told',
  },
  { asked: watch('9100'), says: [expired('9100', '9555')], ends: 'at once' },
  {
    asked: `${PODS}?limit=500`,
    says: [
      podList({ resourceVersion: '9600' }, [
        listedPod('web-3', '10.42.0.9', '9014'),
        listedPod('web-4', '10.42.0.10', '9580'),
      ]),
    ],
    ends: 'at once',
  },
  { asked: watch('9600'), says: [], ends: 'never' },
]

const HEAD = [
  'HTTP/1.1 200 OK',
  'Audit-Id: 0f8c2d0e-9a57-4d1e-8f36-4ac5b5d3a1c2',
  'Cache-Control: no-cache, private',
  'Content-Type: application/json',
  'X-Kubernetes-Pf-Flowschema-Uid: 9e3b9f39-18a5-4a02-a5d4-b0a7a3c7f1de',
  'X-Kubernetes-Pf-Prioritylevel-Uid: 4d3f0c6b-7c56-4b5f-9d69-8f2f6e1f0b7a',
  'Date: Sat, 21 Nov 2026 08:00:00 GMT',
  'Transfer-Encoding: chunked',
  '',
  '',
].join('\r\n')

/** Chunks of some size, which end wherever they end: in characters, too. */
function chunked(text: string, sizeBytes: number): Buffer {
  const bytes = Buffer.from(text)
  const parts: Buffer[] = []
  for (let from = 0; from < bytes.length; from += sizeBytes) {
    const part = bytes.subarray(from, from + sizeBytes)
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'))
  }
  return Buffer.concat(parts)
}

for (const chunkBytes of [7, 61, 100_000]) {
  test(`a conversation about pods is understood in chunks of ${chunkBytes} B`, async (t) => {
    const asked: string[] = []
    let endLater = (): void => {}
    const held = new Set<net.Socket>()
    const server = net.createServer((socket) => {
      held.add(socket)
      socket.on('error', () => {})
      socket.setNoDelay()
      let text = ''
      socket.on('data', (bytes: Buffer) => {
        text += bytes.toString()
        if (!text.endsWith('\r\n\r\n')) return
        const target = text.split(' ')[1]
        text = ''
        const turn = CONVERSATION[asked.length]
        asked.push(target)
        const lines = turn.says.map((each) => `${JSON.stringify(each)}\n`).join('')
        const last = '0\r\n\r\n'
        const answer = [Buffer.from(HEAD), chunked(lines, chunkBytes)]
        if (turn.ends === 'at once') answer.push(Buffer.from(last))
        if (turn.ends === 'when told') endLater = () => void socket.write(last)
        socket.write(Buffer.concat(answer))
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => {
      for (const socket of held) socket.destroy()
      server.close()
    })
    const bench = new DiscoveryBench(t)
    bench.apply(kubernetes(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'pod'))
    await bench.untilAddresses('10.42.0.8:9102', '10.42.0.9:9102')
    endLater()
    await bench.untilAddresses('10.42.0.9:9102', '10.42.0.10:9102')
    await bench.until('the last watch', () => asked.length === CONVERSATION.length)
    assert.deepEqual(
      asked,
      CONVERSATION.map((turn) => turn.asked),
    )
    const [target] = bench.targets
    const meta = (name: string): string | undefined => target[`__meta_kubernetes_pod_${name}`]
    assert.equal(meta('ready'), 'true', 'the version that is known already tells nothing new')
    assert.equal(meta('annotation_example_org_owner'), 'größe 漢字 😀')
    assert.equal(meta('container_id'), 'containerd://5f0e1c')
    assert.equal(meta('controller_kind'), 'ReplicaSet')
    const events = (event: string): number =>
      bench.metric(`prometheus_sd_kubernetes_events_total{event="${event}",role="pod"}`)
    assert.deepEqual([events('add'), events('update'), events('delete')], [4, 1, 2])
    assert.equal(bench.metric('narthex_sd_kubernetes_relists_total'), 1)
    assert.equal(bench.status.lastError, '')
  })
}

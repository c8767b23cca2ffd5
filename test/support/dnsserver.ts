/** A small DNS server over UDP and TCP that says what a test wants. */
import dgram from 'node:dgram'
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'

export type DnsRecord =
  | { readonly type: 'A' | 'AAAA'; readonly address: string }
  | { readonly type: 'SRV'; readonly port: number; readonly target: string }
  | { readonly type: 'MX' | 'NS' | 'CNAME'; readonly target: string }

/** Records of a name, a code of refusal, or no answer at all. */
export type DnsAnswer = readonly DnsRecord[] | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' | 'silence'

const TYPES: Readonly<Record<string, number>> = { A: 1, NS: 2, CNAME: 5, MX: 15, AAAA: 28, SRV: 33 }
const CODES: Readonly<Record<string, number>> = { SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 }
/** Longer answers are truncated on UDP. */
const UDP_BYTES_MAX = 512

interface Question {
  readonly name: string
  readonly type: string
  readonly bytes: Buffer
}

export class DnsServer {
  /** `<type> <name>` of each question, `tcp` in front when it came that way. */
  readonly questions: string[] = []
  /** By `<type> <name>` or name; what is not here does not exist. */
  readonly answers: Map<string, DnsAnswer> = new Map()
  readonly #udp: dgram.Socket
  readonly #tcp: net.Server
  readonly #sockets = new Set<net.Socket>()

  private constructor(udp: dgram.Socket, tcp: net.Server) {
    this.#udp = udp
    this.#tcp = tcp
  }

  static async open(): Promise<DnsServer> {
    const tcp = net.createServer()
    tcp.listen(0, '127.0.0.1')
    await once(tcp, 'listening')
    const udp = dgram.createSocket('udp4')
    udp.bind((tcp.address() as AddressInfo).port, '127.0.0.1')
    await once(udp, 'listening')
    const server = new DnsServer(udp, tcp)
    udp.on('message', (message, from) => {
      const reply = server.#answer(message, false)
      if (reply !== undefined) udp.send(reply, from.port, from.address)
    })
    tcp.on('connection', (socket) => server.#talk(socket))
    return server
  }

  /** `address:port` */
  get address(): string {
    return `127.0.0.1:${(this.#tcp.address() as AddressInfo).port}`
  }

  close(): void {
    this.#udp.close()
    for (const socket of this.#sockets) socket.destroy()
    this.#tcp.close()
  }

  #talk(socket: net.Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    let begun = Buffer.alloc(0)
    socket.on('data', (piece: Buffer) => {
      begun = Buffer.concat([begun, piece])
      while (begun.length >= 2 && begun.length >= 2 + begun.readUInt16BE(0)) {
        const end = 2 + begun.readUInt16BE(0)
        const reply = this.#answer(begun.subarray(2, end), true)
        begun = begun.subarray(end)
        if (reply === undefined) continue
        const length = Buffer.alloc(2)
        length.writeUInt16BE(reply.length)
        socket.write(Buffer.concat([length, reply]))
      }
    })
  }

  #answer(message: Buffer, isTcp: boolean): Buffer | undefined {
    const question = readQuestion(message)
    const asked = `${question.type} ${question.name}`
    this.questions.push(isTcp ? `tcp ${asked}` : asked)
    const answer = this.answers.get(asked) ?? this.answers.get(question.name) ?? 'NXDOMAIN'
    if (answer === 'silence') return undefined
    if (typeof answer === 'string') return writeReply(message, question, [], CODES[answer], false)
    const reply = writeReply(message, question, answer, 0, false)
    if (isTcp || reply.length <= UDP_BYTES_MAX) return reply
    return writeReply(message, question, [], 0, true)
  }
}

function readQuestion(message: Buffer): Question {
  const parts: string[] = []
  let at = 12
  while (message[at] !== 0) {
    parts.push(message.toString('latin1', at + 1, at + 1 + message[at]))
    at += 1 + message[at]
  }
  const code = message.readUInt16BE(at + 1)
  const type = Object.keys(TYPES).find((name) => TYPES[name] === code) ?? String(code)
  return { name: parts.join('.').toLowerCase(), type, bytes: message.subarray(12, at + 5) }
}

function writeReply(
  query: Buffer,
  question: Question,
  records: readonly DnsRecord[],
  code: number,
  truncated: boolean,
): Buffer {
  const head = Buffer.alloc(12)
  query.copy(head, 0, 0, 2)
  head.writeUInt16BE(0x8580 | (truncated ? 0x0200 : 0) | code, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(records.length, 6)
  return Buffer.concat([head, question.bytes, ...records.map(writeRecord)])
}

function writeRecord(record: DnsRecord): Buffer {
  const data = writeData(record)
  const head = Buffer.alloc(12)
  head.writeUInt16BE(0xc00c, 0)
  head.writeUInt16BE(TYPES[record.type], 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt32BE(30, 6)
  head.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, data])
}

function writeData(record: DnsRecord): Buffer {
  switch (record.type) {
    case 'A':
      return Buffer.from(record.address.split('.').map(Number))
    case 'AAAA':
      return Buffer.from(record.address.replaceAll(':', ''), 'hex')
    case 'SRV':
      return Buffer.concat([words(10, 20, record.port), writeName(record.target)])
    case 'MX':
      return Buffer.concat([words(10), writeName(record.target)])
    default:
      return writeName(record.target)
  }
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2)
  for (const [i, value] of values.entries()) bytes.writeUInt16BE(value, i * 2)
  return bytes
}

function writeName(name: string): Buffer {
  const parts = name
    .split('.')
    .map((part) => Buffer.concat([Buffer.from([part.length]), Buffer.from(part)]))
  return Buffer.concat([...parts, Buffer.from([0])])
}

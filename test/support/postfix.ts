/** A real Postfix server for tests, in a folder of its own. */
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { makeCertificates } from '../net/grpc/certificates.ts'
import { freePort, isListening, until } from './processes.ts'
import type { Stage } from './stage.ts'

/** Starts and watches all other parts; it becomes no daemon. */
const MASTER_PATH = '/usr/lib/postfix/sbin/master'

/** A folder that belongs to the mail system's user. */
const OWNED_PATH = '/var/lib/postfix'

/** The group that may enter what hands messages over. */
const DROP_PATH = '/usr/sbin/postdrop'

const QUEUES = [
  ...['active', 'bounce', 'corrupt', 'defer', 'deferred', 'flush', 'hold', 'incoming'],
  ...['private', 'saved', 'trace', 'data'],
]

export interface PostfixServer {
  /** Socket of the queue's list. */
  readonly showq: string
  readonly log: string
  /** Sends a message on each of the ways that it knows, and some that it does not take. */
  pass(): Promise<void>
}

export async function startPostfix(stage: Stage): Promise<PostfixServer> {
  const [port, securePort, nobody] = [await freePort(), await freePort(), await freePort()]
  const boxes = await startBoxes(stage)
  const [config, queue] = [stage.folder('config'), stage.folder('queue')]
  const log = join(stage.path, 'mail.log')
  makeQueues(stage.path, queue)
  const certificates = makeCertificates({ mail: 'DNS:mail.example.test' })
  stage.own(() => certificates.remove())
  stage.file('config/master.cf', servicesOf(port, securePort))
  stage.file(
    'config/main.cf',
    [
      `queue_directory = ${queue}\ndata_directory = ${join(queue, 'data')}`,
      `maillog_file = ${log}\nmaillog_file_prefixes = ${stage.path}`,
      'compatibility_level = 3.6\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4',
      'myhostname = mail.example.test\nmydestination = example.test\nlocal_transport = discard:',
      `local_recipient_maps =\nalias_maps =\nrelayhost = [127.0.0.1]:${nobody}`,
      'transport_maps = inline:{',
      `  { secure.test = smtp:[127.0.0.1]:${securePort} }`,
      `  { boxes.test = lmtp:inet:127.0.0.1:${boxes} } }`,
      'smtpd_recipient_restrictions = permit_mynetworks, reject\nmynetworks = 127.0.0.0/8',
      'smtpd_sender_restrictions = reject_non_fqdn_sender',
      'smtp_tls_security_level = may\nsmtp_tls_loglevel = 1\nsmtpd_tls_loglevel = 1',
      `smtpd_tls_chain_files = ${certificates.at('mail.key')}, ${certificates.at('mail.pem')}`,
      '',
    ].join('\n'),
  )
  stage.begin(MASTER_PATH, ['-c', config, '-d'], { MAIL_CONFIG: config })
  const showq = join(queue, 'public/showq')
  await until('postfix', async () => existsSync(showq) && (await isListening(port)))
  return {
    showq,
    log,
    async pass() {
      for (const domain of ['example.test', 'secure.test', 'boxes.test', 'far.test']) {
        await talk(port, messageTo(`someone@${domain}`))
      }
      await talk(port, ['EHLO here', 'MAIL FROM:<here>', 'RCPT TO:<someone@example.test>', 'QUIT'])
      await talk(port, ['EHLO here', 'MAIL FROM:<one@example.test>'])
    },
  }
}

/** A server that takes messages by LMTP. @returns its port */
async function startBoxes(stage: Stage): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.write('220 boxes\r\n')
    socket.on('data', (bytes) => {
      const text = bytes.toString()
      if (text.startsWith('DATA')) socket.write('354 go on\r\n')
      else if (text.startsWith('QUIT')) socket.end('221 bye\r\n')
      else if (/^(LHLO|MAIL|RCPT|RSET)/.test(text) || text.endsWith('\r\n.\r\n')) {
        socket.write('250 ok\r\n')
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stage.own(() => server.close())
  return (server.address() as AddressInfo).port
}

/** The folders of the queue, each with the owner and the rights that Postfix wants it to have. */
function makeQueues(top: string, queue: string): void {
  chmodSync(top, 0o755)
  const { uid } = statSync(OWNED_PATH)
  const { gid } = statSync(DROP_PATH)
  mkdirSync(join(queue, 'pid'))
  for (const name of QUEUES) {
    mkdirSync(join(queue, name), { mode: 0o700 })
    chownSync(join(queue, name), uid, 0)
  }
  for (const [name, mode] of [
    ['public', 0o2710],
    ['maildrop', 0o1730],
  ] as const) {
    mkdirSync(join(queue, name))
    chownSync(join(queue, name), uid, gid)
    chmodSync(join(queue, name), mode)
  }
}

/** master.cf with the services that a message needs on its way. */
function servicesOf(port: number, securePort: number): string {
  return [
    `127.0.0.1:${port} inet n - n - - smtpd`,
    // What comes in here is thrown away, whoever it is for.
    `127.0.0.1:${securePort} inet n - n - - smtpd`,
    '  -o myhostname=secure.test -o content_filter=discard: -o smtpd_tls_security_level=may',
    'cleanup unix n - n - 0 cleanup',
    'qmgr unix n - n 300 1 qmgr',
    'rewrite unix - - n - - trivial-rewrite',
    ...['bounce', 'defer', 'trace'].map((name) => `${name} unix - - n - 0 bounce`),
    'flush unix n - n 1000? 0 flush',
    'smtp unix - - n - - smtp',
    'relay unix - - n - - smtp',
    'lmtp unix - - n - - lmtp',
    'tlsmgr unix - - n 1000? 1 tlsmgr',
    'showq unix n - n - - showq',
    'error unix - - n - - error',
    'retry unix - - n - - error',
    'discard unix - - n - - discard',
    'anvil unix - - n - 1 anvil',
    'postlog unix-dgram n - n - 1 postlogd',
    '',
  ].join('\n')
}

function messageTo(recipient: string): readonly string[] {
  const head = ['EHLO here', 'MAIL FROM:<one@example.test>', `RCPT TO:<${recipient}>`, 'DATA']
  return [...head, 'Subject: hello\r\n\r\nhello\r\n.', 'QUIT']
}

/** Says each line when the one before has its answer; hangs up after the last. */
async function talk(port: number, lines: readonly string[]): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'data')
  for (const line of lines) {
    socket.write(`${line}\r\n`)
    await once(socket, 'data')
  }
  socket.destroy()
}

/** A real Postfix server for tests, in a folder of its own. */
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
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
  /** Sends a message that is taken, one that cannot go on, and some that are refused. */
  pass(): Promise<void>
}

export async function startPostfix(stage: Stage): Promise<PostfixServer> {
  const port = await freePort()
  const [config, queue] = [stage.folder('config'), stage.folder('queue')]
  const log = join(stage.path, 'mail.log')
  makeQueues(stage.path, queue)
  stage.file('config/master.cf', servicesOf(port))
  stage.file(
    'config/main.cf',
    [
      `queue_directory = ${queue}\ndata_directory = ${join(queue, 'data')}`,
      `maillog_file = ${log}\nmaillog_file_prefixes = ${stage.path}`,
      'compatibility_level = 3.6\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4',
      'myhostname = mail.example.test\nmydestination = example.test\nlocal_transport = discard:',
      `local_recipient_maps =\nalias_maps =\nrelayhost = [127.0.0.1]:${await freePort()}`,
      'smtpd_recipient_restrictions = permit_mynetworks, reject\nmynetworks = 127.0.0.0/8',
      'smtpd_sender_restrictions = reject_non_fqdn_sender',
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
      await talk(port, messageTo('someone@example.test'))
      await talk(port, messageTo('someone@far.test'))
      await talk(port, ['EHLO here', 'MAIL FROM:<here>', 'QUIT'])
      await talk(port, ['EHLO here', 'MAIL FROM:<one@example.test>'])
    },
  }
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
function servicesOf(port: number): string {
  return [
    `127.0.0.1:${port} inet n - n - - smtpd`,
    'cleanup unix n - n - 0 cleanup',
    'qmgr unix n - n 300 1 qmgr',
    'rewrite unix - - n - - trivial-rewrite',
    ...['bounce', 'defer', 'trace'].map((name) => `${name} unix - - n - 0 bounce`),
    'flush unix n - n 1000? 0 flush',
    'smtp unix - - n - - smtp',
    'relay unix - - n - - smtp',
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

/** A real RabbitMQ node for tests, with another node of Erlang that it knows. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort, isListening, until } from './processes.ts'
import type { Stage } from './stage.ts'

/** The server itself; the command of the package changes its user and its folder. */
export const RABBITMQ_PATH = '/usr/lib/rabbitmq/bin/rabbitmq-server'

/** Starts a node with its page of metrics, its name service and a second node, all on loopback. */
export async function startRabbitMq(stage: Stage, port: number, metrics: number): Promise<void> {
  const [names, distribution] = [await freePort(), await freePort()]
  const erlang = {
    HOME: stage.path,
    ERL_EPMD_PORT: String(names),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_FLAGS: '-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}',
  }
  stage.begin('epmd', [], erlang)
  await until('epmd', () => isListening(names))
  const config = stage.file(
    'rabbitmq.conf',
    [
      `listeners.tcp.1 = 127.0.0.1:${port}`,
      `prometheus.tcp.ip = 127.0.0.1\nprometheus.tcp.port = ${metrics}\n`,
    ].join('\n'),
  )
  const env = {
    ...erlang,
    RUNNING_UNDER_SYSTEMD: 'true', // the shell becomes the server, and its process id is the server's
    RABBITMQ_NODENAME: 'one@localhost',
    RABBITMQ_CONFIG_FILE: config,
    RABBITMQ_CONF_ENV_FILE: stage.file('rabbitmq-env.conf', ''),
    RABBITMQ_ENABLED_PLUGINS_FILE: stage.file('plugins', '[rabbitmq_prometheus].\n'),
    RABBITMQ_MNESIA_BASE: stage.folder('mnesia'),
    RABBITMQ_LOG_BASE: stage.folder('log'),
    RABBITMQ_PID_FILE: join(stage.path, 'pid'),
    RABBITMQ_DIST_PORT: String(distribution),
  }
  await stage.run(RABBITMQ_PATH, [], `http://127.0.0.1:${metrics}/metrics`, env, 'kill')
  const meet = "pong = net_adm:ping('one@localhost')."
  stage.begin('erl', ['-noinput', '-sname', 'two@localhost', '-eval', meet], erlang)
}

/** Asks for a login as guest, and waits until the node says something to it or hangs up. */
export async function loginToRabbitMq(port: number, password: string): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {}) // a wrong password ends in a reset
  socket.write('AMQP\0\0\x09\x01', 'latin1')
  await once(socket, 'data')
  socket.write(startOk(`\0guest\0${password}`))
  await new Promise<void>((resolve) => {
    socket.once('data', () => resolve())
    socket.once('close', () => resolve())
  })
  socket.destroy()
}

/** Connection.StartOk of AMQP 0-9-1, with no properties of the client. */
function startOk(response: string): Buffer {
  const method = Buffer.from([0, 10, 0, 11, 0, 0, 0, 0])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(response.length)
  const payload = Buffer.concat([
    ...[method, Buffer.from('\x05PLAIN'), length],
    ...[Buffer.from(response), Buffer.from('\x05en_US')],
  ])
  const head = Buffer.from([1, 0, 0, 0, 0, 0, 0])
  head.writeUInt32BE(payload.length, 3)
  return Buffer.concat([head, payload, Buffer.from([0xce])])
}

/** Live exporters of servers that pass messages on. */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { startPostfix } from '../postfix.ts'
import { freePort, isListening, until } from '../processes.ts'
import { loginToRabbitMq, RABBITMQ_PATH, startRabbitMq } from '../rabbitmq.ts'
import { type LiveExporters, NOT_ROOT } from '../stage.ts'

export const MESSAGING: LiveExporters = {
  mqtt: {
    commands: ['mosquitto', 'prometheus-mqtt-exporter'],
    lacks: {},
    async start(stage) {
      const [port, metrics] = [await freePort(), await freePort()]
      const broker = stage.file(
        'mosquitto.conf',
        `listener ${port} 127.0.0.1\nallow_anonymous true\n`,
      )
      stage.begin('mosquitto', ['-c', broker])
      await until('mosquitto', () => isListening(port))
      const config = stage.file(
        'mqtt.yml',
        [
          `mqtt:\n  server: tcp://127.0.0.1:${port}\n  topic_path: sensors/+/state`,
          '  device_id_regex: "sensors/(?P<deviceid>[^/]+)/state"\n  qos: 0',
          'cache: {timeout: 15m}\nmetrics:',
          '  - {prom_name: room_temperature_celsius, mqtt_name: temperature, type: gauge, help: Temperature.}',
          '',
        ].join('\n'),
      )
      const url = `http://127.0.0.1:${metrics}/metrics`
      const at = ['-listen-address=127.0.0.1', `-listen-port=${metrics}`]
      await stage.run('prometheus-mqtt-exporter', [`-config=${config}`, ...at], url)
      await publish(port, 'sensors/kitchen/state', '{"temperature": 21.5}')
      return [url]
    },
  },
  postfix: {
    commands: ['postfix', 'prometheus-postfix-exporter'],
    cannot: NOT_ROOT, // its master gives each part a user of its own
    lacks: {},
    async start(stage) {
      const server = await startPostfix(stage)
      const urls = await stage.exporter('prometheus-postfix-exporter', (address) => [
        ...[`--postfix.showq_path=${server.showq}`, `--postfix.logfile_path=${server.log}`],
        `--web.listen-address=${address}`,
      ])
      await server.pass()
      return urls
    },
  },
  rabbitmq: {
    commands: ['rabbitmq-server', 'epmd', 'erl'],
    cannot: existsSync(RABBITMQ_PATH) ? undefined : 'needs the package to be installed',
    lacks: {},
    async start(stage) {
      const [port, metrics] = [await freePort(), await freePort()]
      await startRabbitMq(stage, port, metrics)
      await loginToRabbitMq(port, 'guest')
      await loginToRabbitMq(port, 'wrong')
      return [`http://127.0.0.1:${metrics}/metrics`]
    },
  },
}

/** Sends one message by MQTT 3.1.1, at most once. */
async function publish(port: number, topic: string, text: string): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  const hello = Buffer.from([0x10, 16, 0, 4, ...Buffer.from('MQTT'), 4, 2, 0, 60, 0, 4])
  socket.write(Buffer.concat([hello, Buffer.from('test')]))
  await once(socket, 'data')
  const payload = Buffer.concat([Buffer.from([0, topic.length]), Buffer.from(topic + text)])
  socket.end(Buffer.concat([Buffer.from([0x30, payload.length]), payload]))
  await once(socket, 'close')
}

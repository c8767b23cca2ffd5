/** Live exporters of servers that pass messages on. */
import { existsSync } from 'node:fs'
import { startPostfix } from '../postfix.ts'
import { freePort } from '../processes.ts'
import { loginToRabbitMq, RABBITMQ_PATH, startRabbitMq } from '../rabbitmq.ts'
import { type LiveExporters, NOT_ROOT } from '../stage.ts'

export const MESSAGING: LiveExporters = {
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

/** A real Elasticsearch node for tests, with one index and one snapshot in it. */
import { copyFileSync, mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { freePort } from './processes.ts'
import { jarsOf, type Stage, send } from './stage.ts'

/** The version that tools/jars.ts brings. */
const VERSION = '7.17.28'

const HTTP_MODULE = 'modules/transport-netty4'

/** Jars that make up the module of HTTP; a class must not be on the class path as well. */
const OF_HTTP_MODULE = /^(netty|transport-netty4)-/

const DESCRIPTOR = `name=transport-netty4
description=HTTP and transport
version=${VERSION}
elasticsearch.version=${VERSION}
java.version=1.8
classname=org.elasticsearch.transport.Netty4Plugin
has.native.controller=false
`

const POLICY = `grant {
  permission java.net.SocketPermission "*", "accept,connect";
};
`

const LOGGING = `rootLogger.level=ERROR
rootLogger.appenderRef.console.ref=console
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d %p %c %m%n
`

/** @returns the address of its HTTP interface */
export async function startElasticsearch(stage: Stage): Promise<string> {
  const [port, peers] = [await freePort(), await freePort()]
  const repository = stage.folder('snapshots')
  for (const folder of ['config', HTTP_MODULE]) {
    mkdirSync(join(stage.path, folder), { recursive: true })
  }
  stage.file(
    'config/elasticsearch.yml',
    [
      'cluster.name: test\nnode.name: one\ndiscovery.type: single-node\nnetwork.host: 127.0.0.1',
      `http.port: ${port}\ntransport.port: ${peers}\npath.repo: ${repository}\n`,
    ].join('\n'),
  )
  stage.file('config/log4j2.properties', LOGGING)
  stage.file(`${HTTP_MODULE}/plugin-descriptor.properties`, DESCRIPTOR)
  stage.file(`${HTTP_MODULE}/plugin-security.policy`, POLICY)
  const jars = jarsOf('elasticsearch')
  const isOfModule = (jar: string): boolean => OF_HTTP_MODULE.test(basename(jar))
  for (const jar of jars.filter(isOfModule)) {
    copyFileSync(jar, join(stage.path, HTTP_MODULE, basename(jar)))
  }
  const url = `http://127.0.0.1:${port}`
  await stage.runJava(
    jars.filter((jar) => !isOfModule(jar)),
    [
      ...[`-Des.path.home=${stage.path}`, `-Des.path.conf=${join(stage.path, 'config')}`],
      ...['-Dlog4j2.disable.jmx=true', '-Dio.netty.noUnsafe=true'],
      // Without native calls it neither refuses to be root nor changes limits of the machine.
      ...['-Dio.netty.noKeySetOptimization=true', '-Djna.nosys=true', '-Djna.nounpack=true'],
      'org.elasticsearch.bootstrap.Elasticsearch',
    ],
    url,
    { LIBFFI_TMPDIR: stage.path },
  )
  const backups = { type: 'fs', settings: { location: repository } }
  await send('PUT', `${url}/_snapshot/backups`, backups)
  await send('PUT', `${url}/pages`, { settings: { number_of_replicas: 0 } })
  await send('POST', `${url}/pages/_doc?refresh=true`, { title: 'first' })
  await send('POST', `${url}/pages/_search`, {})
  await send('PUT', `${url}/_snapshot/backups/first?wait_for_completion=true`, {})
  return url
}

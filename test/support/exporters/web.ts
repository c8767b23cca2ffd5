/** Live exporters of web servers and proxies. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, isOk, until } from '../processes.ts'
import { type LiveExporters, NOT_ROOT, type Stage } from '../stage.ts'

const TRAFFIC_SERVER_MODULES = '/usr/lib/trafficserver/modules'

export const WEB: LiveExporters = {
  apache: {
    commands: ['apache2', 'prometheus-apache-exporter'],
    lacks: {},
    async start(stage) {
      const port = await freePort()
      const back = new URL(await stage.page('hello')).origin
      const balancer = [
        'proxy',
        'proxy_http',
        'proxy_balancer',
        'slotmem_shm',
        'lbmethod_byrequests',
      ]
      const modules = ['mpm_event', 'authz_core', 'status', ...balancer].map((name) => {
        return `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`
      })
      const config = stage.file(
        'apache.conf',
        [
          ...modules,
          `ServerName localhost\nServerRoot ${stage.path}\nListen 127.0.0.1:${port}`,
          `PidFile ${join(stage.path, 'apache.pid')}\nErrorLog ${join(stage.path, 'apache.log')}`,
          `DefaultRuntimeDir ${stage.path}\nUser nobody\nGroup nogroup\nExtendedStatus On\nProxyStatus On`,
          `<Proxy balancer://pages>\nBalancerMember ${back}\n</Proxy>\nProxyPass /pages balancer://pages`,
          '<Location /server-status>\nSetHandler server-status\n</Location>\n',
        ].join('\n'),
      )
      const status = `http://127.0.0.1:${port}/server-status?auto`
      await stage.run('apache2', ['-f', config, '-DFOREGROUND'], status)
      return await stage.exporter('prometheus-apache-exporter', (address) => [
        `--scrape_uri=${status}`,
        `--telemetry.address=${address}`,
      ])
    },
  },
  caddy: {
    commands: ['caddy'],
    lacks: {},
    async start(stage) {
      const [admin, web] = [await freePort(), await freePort()]
      const back = new URL(await stage.page('hello')).host
      const config = stage.file(
        'Caddyfile',
        [
          `{\n  admin 127.0.0.1:${admin}\n  auto_https off`,
          '  servers {\n    metrics\n  }\n}',
          `http://127.0.0.1:${web} {\n  reverse_proxy /page ${back}\n  error /error 500\n}\n`,
        ].join('\n'),
      )
      const url = `http://127.0.0.1:${admin}/metrics`
      await stage.run('caddy', ['run', '--config', config, '--adapter', 'caddyfile'], url, {
        HOME: stage.path,
      })
      for (const path of ['page', 'error']) await fetch(`http://127.0.0.1:${web}/${path}`)
      await fetch(`http://127.0.0.1:${admin}/load`, { method: 'POST', body: 'nothing of it' })
      return [url]
    },
  },
  haproxy: {
    commands: ['haproxy'],
    lacks: {},
    async start(stage) {
      const [port, front] = [await freePort(), await freePort()]
      const back = new URL(await stage.page('hello')).host
      const config = stage.file(
        'haproxy.cfg',
        [
          'global\n  maxconn 100',
          'defaults\n  mode http\n  timeout client 5s\n  timeout server 5s\n  timeout connect 5s',
          `frontend metrics\n  bind 127.0.0.1:${port}`,
          '  http-request use-service prometheus-exporter if { path /metrics }',
          `frontend web\n  bind 127.0.0.1:${front}\n  default_backend pages`,
          `backend pages\n  option httpchk\n  server one ${back} check`,
          '',
        ].join('\n'),
      )
      const url = `http://127.0.0.1:${port}/metrics`
      await stage.run('haproxy', ['-f', config], url)
      await until('a page through haproxy', () => isOk(`http://127.0.0.1:${front}/`))
      return [url]
    },
  },
  nginx: {
    commands: ['nginx', 'prometheus-nginx-exporter'],
    lacks: {},
    async start(stage) {
      const port = await freePort()
      const config = stage.file(
        'nginx.conf',
        [
          `daemon off;\npid ${join(stage.path, 'nginx.pid')};\nerror_log stderr;`,
          `events {}\nhttp {\naccess_log off;`,
          `client_body_temp_path ${stage.folder('body')};\nproxy_temp_path ${stage.folder('proxy')};`,
          `server { listen 127.0.0.1:${port}; location = /stub_status { stub_status; } }\n}\n`,
        ].join('\n'),
      )
      const status = `http://127.0.0.1:${port}/stub_status`
      await stage.run('nginx', ['-p', stage.path, '-c', config], status)
      return await stage.exporter('prometheus-nginx-exporter', (address) => [
        ...[`-nginx.scrape-uri=${status}`, `-web.listen-address=${address}`],
      ])
    },
  },
  squid: {
    commands: ['squid', 'prometheus-squid-exporter'],
    lacks: {},
    async start(stage) {
      const port = await freePort()
      const pid = join(stage.path, 'squid.pid')
      const config = stage.file(
        'squid.conf',
        [
          `http_port 127.0.0.1:${port}\npid_filename ${pid}\ncache_log /dev/stderr`,
          'access_log none\ncache_store_log none\ncache_mem 8 MB\npinger_enable off\nshutdown_lifetime 0 seconds',
          'http_access allow localhost manager\nhttp_access allow localhost\n',
        ].join('\n'),
      )
      const counters = `http://127.0.0.1:${port}/squid-internal-mgr/counters`
      await stage.run('squid', ['-N', '-f', config], counters)
      return await stage.exporter('prometheus-squid-exporter', (address) => [
        ...['-squid-hostname=127.0.0.1', `-squid-port=${port}`, `-squid-pidfile=${pid}`],
        `-listen=${address}`,
      ])
    },
  },
  trafficserver: {
    commands: ['traffic_server', 'prometheus-trafficserver-exporter'],
    cannot: NOT_ROOT ?? (existsSync(TRAFFIC_SERVER_MODULES) ? undefined : 'needs its modules'),
    lacks: {},
    async start(stage) {
      const statistics = await startTrafficServer(stage)
      const [port, host] = [await freePort(), '127.0.0.1']
      const url = `http://${host}:${port}/metrics`
      const at = [`--addr=${host}`, `--port=${port}`, '--no-procstats']
      await stage.run('prometheus-trafficserver-exporter', [`--endpoint=${statistics}`, ...at], url)
      return [url]
    },
  },
  varnish: {
    commands: ['varnishd', 'prometheus-varnish-exporter'],
    lacks: {},
    async start(stage) {
      const port = await freePort()
      const back = new URL(await stage.page('hello')).host
      const name = stage.folder('varnish')
      const url = `http://127.0.0.1:${port}/`
      await stage.run(
        'varnishd',
        [
          ...['-F', '-n', name, '-j', 'none', '-a', `127.0.0.1:${port}`],
          ...['-b', back, '-s', 'malloc,16m'],
        ],
        url,
      )
      return await stage.exporter('prometheus-varnish-exporter', (address) => [
        ...['-n', name, `-web.listen-address=${address}`],
      ])
    },
  },
}

/** Starts Traffic Server before a page that nobody serves. @returns the address of its statistics */
async function startTrafficServer(stage: Stage): Promise<string> {
  const [port, nobody] = [await freePort(), await freePort()]
  const folders = ['etc', 'run', 'log', 'cache', 'share'].map((name) => stage.openFolder(name))
  const [settings, runtime, log, cache, share] = folders
  const top = stage.path
  stage.file(
    'runroot.yaml',
    [
      `prefix: ${top}\nexec_prefix: ${top}\nlocalstatedir: ${top}\nsysconfdir: ${settings}`,
      `runtimedir: ${runtime}\nlogdir: ${log}\ncachedir: ${cache}\ndatadir: ${share}`,
      `libexecdir: ${TRAFFIC_SERVER_MODULES}\nlibdir: /usr/lib\nincludedir: /usr/include`,
      'bindir: /usr/bin\nsbindir: /usr/sbin\nmandir: /usr/share/man\ninfodir: /usr/share/info\n',
    ].join('\n'),
  )
  stage.file(
    'etc/records.config',
    [
      `CONFIG proxy.config.http.server_ports STRING ${port}:ip-in=127.0.0.1`,
      'CONFIG proxy.config.admin.user_id STRING #-1', // it stays who it is
      'CONFIG proxy.config.crash_log_helper STRING NULL\n',
    ].join('\n'),
  )
  stage.file('etc/plugin.config', 'stats_over_http.so\n')
  stage.file('etc/storage.config', `${cache} 16M\n`)
  stage.file('etc/remap.config', `map / http://127.0.0.1:${nobody}/\n`)
  stage.file(
    'etc/ip_allow.yaml',
    'ip_allow:\n  - {apply: in, ip_addrs: 127.0.0.1, action: allow, methods: ALL}\n',
  )
  const statistics = `http://127.0.0.1:${port}/_stats`
  await stage.run('traffic_server', [`--run-root=${top}`], statistics, { TS_RUNROOT: top }, 'kill')
  return statistics
}

/** The host collector over made-up hosts: every part, devices that come and go, containers, faults. */
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { CGROUPS_MAX } from '../../../src/collect/host/container.ts'
import { type Host, startHost } from '../../../src/collect/host/host.ts'
import { temporaryFolder, until } from '../../support/processes.ts'
import { type FakeClock, fakeClock } from '../clock.ts'
import { hostPaths, type TestAppender, testAppender, writeTree } from './support.ts'

const HASH = 'ab'.repeat(32)

const FILES: Readonly<Record<string, string>> = {
  'proc/stat': `cpu  30 0 0 0 0 0 0 0 0 0
cpu0 10 20 30 40 50 60 70 80 90 100
cpu1 11 0 0 0 0 0 0 0 0 0
intr 77 1 2 3
ctxt 5
btime 1700000000
processes 9
procs_running 2
procs_blocked 1
softirq 1 2 3
`,
  'proc/loadavg': '0.50 1.25 2.00 1/100 4242\n',
  'proc/meminfo': 'MemTotal:       1000 kB\nActive(anon):     10 kB\nHugePages_Total:       3\n',
  'proc/vmstat': 'nr_free_pages 1\npgfault 22\npgmajfault 3\noom_kill 4\n',
  'proc/diskstats': `   7       0 loop0 1 1 1 1 1 1 1 1 1 1 1
   8       0 sda 1 2 3 4000 5 6 7 8000 9 10000 11000 12 13 14 15000 16 17000
   8       1 sda1 1 1 1 1 1 1 1 1 1 1 1
   8      16 sdb 1 2 3 4 5 6 7 8 9 10 11
`,
  'proc/self/mounts': `/dev/sda / ext4 rw,relatime 0 0
proc /proc proc rw 0 0
/dev/sdc /with\\040blank ext4 ro 0 0
`,
  'proc/net/dev': `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1
  eth0:100 2 3 4 5 6 7 8 900 10 11 12 13 14 15 16
`,
  'proc/net/snmp': `Ip: Forwarding DefaultTTL
Ip: 2 64
Tcp: ActiveOpens RtoMin CurrEstab
Tcp: 5 6 7
`,
  'proc/net/snmp6': 'Ip6InOctets                     	55\nIp6InReceives 3\nUdp6NoPorts 4\n',
  'proc/net/sockstat': 'sockets: used 32\nTCP: inuse 11 mem 2\n',
  'proc/net/softnet_stat': '0000000a 00000001 00000002 0\n000000ff 0 0 0\n',
  'proc/pressure/cpu':
    'some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n',
  'proc/pressure/io':
    'some avg10=0.00 avg60=0.00 avg300=0.00 total=2500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=500000\n',
  'proc/sys/fs/file-nr': '812\t0\t2466183\n',
  'proc/sys/kernel/random/entropy_avail': '256\n',
  'proc/sys/kernel/random/poolsize': '4096\n',
  'proc/sys/kernel/ostype': 'Linux\n',
  'proc/sys/kernel/osrelease': '6.1\n',
  'proc/sys/kernel/version': '#1 SMP\n',
  'proc/sys/kernel/hostname': 'box\n',
  'proc/sys/kernel/domainname': '(none)\n',
  'etc/os-release': 'ID=debian\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n',
  'sys/class/net/eth0/operstate': 'up\n',
  'sys/class/net/eth0/mtu': '1500\n',
  'sys/class/net/eth0/speed': '1000\n',
  'sys/class/net/eth0/address': '02:00:00:00:00:01\n',
  'sys/class/net/eth0/statistics/rx_nohandler': '21\n',
  'with blank/keep': '',
}

interface Bench {
  readonly folder: string
  readonly clock: FakeClock
  readonly appender: TestAppender
  readonly metrics: Metrics
  readonly host: Host
  readonly state: { isCovered: boolean }
  /** The next row. */
  next(): Promise<void>
  value(series: string): number | undefined
}

async function openBench(
  t: { after(stop: () => unknown): void },
  extra: Readonly<Record<string, string>> = {},
): Promise<Bench> {
  const temporary = temporaryFolder('host')
  writeTree(temporary.path, { ...FILES, ...extra })
  const clock = fakeClock()
  const appender = testAppender()
  const metrics = new Metrics()
  const state = { isCovered: false }
  const host = startHost({
    appender,
    clock,
    log: silentLog,
    metrics,
    intervalMs: 15_000,
    instance: 'box',
    paths: hostPaths(temporary.path),
    isCovered: () => state.isCovered,
  })
  t.after(async () => {
    await host.stop()
    temporary.remove()
  })
  const bench: Bench = {
    folder: temporary.path,
    clock,
    appender,
    metrics,
    host,
    state,
    async next() {
      const before = appender.rows.length
      await until('the next timer', () => clock.waiting > 0)
      await clock.advance(15_000)
      await until('the next row', () => appender.rows.length > before)
      await until('the end of the round', () => clock.waiting > 0)
    },
    value(series) {
      const [name, labels] = series.split('{')
      const pairs = labels === undefined ? '' : `${labels.slice(0, -1)}, `
      const sorted = `${pairs}instance="box", job="node"`.split(', ').sort().join(', ')
      return appender.last.values.get(`${name}{${sorted}}`)
    },
  }
  await until('the first row', () => appender.rows.length > 0)
  await until('the end of the first round', () => clock.waiting > 0)
  return bench
}

test('every part of the host is read with its unit', async (t) => {
  const bench = await openBench(t)
  const wanted: Readonly<Record<string, number>> = {
    'node_cpu_seconds_total{cpu="0", mode="user"}': 0.1,
    'node_cpu_seconds_total{cpu="0", mode="steal"}': 0.8,
    'node_cpu_guest_seconds_total{cpu="0", mode="nice"}': 1,
    'node_cpu_seconds_total{cpu="1", mode="user"}': 0.11,
    node_intr_total: 77,
    node_boot_time_seconds: 1_700_000_000,
    node_procs_blocked: 1,
    node_load1: 0.5,
    node_load15: 2,
    node_memory_MemTotal_bytes: 1_024_000,
    node_memory_Active_anon_bytes: 10_240,
    node_memory_HugePages_Total: 3,
    node_vmstat_oom_kill: 4,
    'node_disk_read_bytes_total{device="sda"}': 1536,
    'node_disk_io_time_seconds_total{device="sda"}': 10,
    'node_disk_flush_requests_time_seconds_total{device="sda"}': 17,
    'node_disk_io_now{device="sdb"}': 9,
    'node_filesystem_readonly{device="/dev/sdc", fstype="ext4", mountpoint="/with blank"}': 1,
    'node_filesystem_device_error{device="/dev/sda", fstype="ext4", mountpoint="/"}': 0,
    'node_network_receive_bytes_total{device="eth0"}': 100,
    'node_network_transmit_bytes_total{device="eth0"}': 900,
    'node_network_receive_nohandler_total{device="eth0"}': 21,
    'node_network_up{device="eth0"}': 1,
    'node_network_speed_bytes{device="eth0"}': 125_000_000,
    'node_network_info{address="02:00:00:00:00:01", device="eth0", operstate="up"}': 1,
    node_netstat_Ip_Forwarding: 2,
    node_netstat_Tcp_CurrEstab: 7,
    node_netstat_Ip6_InOctets: 55,
    node_netstat_Udp6_NoPorts: 4,
    node_sockstat_sockets_used: 32,
    node_sockstat_TCP_mem_bytes: 8192,
    'node_softnet_processed_total{cpu="1"}': 255,
    node_pressure_cpu_waiting_seconds_total: 1.5,
    node_pressure_io_stalled_seconds_total: 0.5,
    node_filefd_maximum: 2_466_183,
    node_entropy_pool_size_bits: 4096,
    'node_os_version{id="debian", name="Debian GNU/Linux"}': 12,
    'node_scrape_collector_success{collector="meminfo"}': 1,
    'node_scrape_collector_success{collector="conntrack"}': 0,
    'node_scrape_collector_success{collector="cgroup"}': 0,
    up: 1,
  }
  for (const [series, value] of Object.entries(wanted)) {
    assert.equal(bench.value(series), value, series)
  }
  const names = [...bench.appender.last.values.keys()]
  for (const absent of ['loop0', 'sda1', 'device="lo"', 'nr_free', 'RtoMin', '/proc']) {
    assert.ok(!names.some((name) => name.includes(absent)), absent)
  }
  assert.equal(bench.value('node_time_seconds'), 1_700_000_000)
  assert.equal(bench.value('scrape_samples_scraped'), names.length - 5)
  const target = bench.host.target()
  assert.deepEqual([target?.health, target?.lastSamples], ['up', names.length])
})

test('the same host again makes no new series', async (t) => {
  const bench = await openBench(t)
  const asked = bench.appender.asked.length
  await bench.next()
  assert.equal(bench.appender.asked.length, asked)
  assert.equal(bench.value('scrape_series_added'), 0)
  assert.equal(bench.appender.last.stale.size, 0)
  assert.equal(bench.appender.last.timeMs - bench.appender.rows[0].timeMs, 15_000)
})

test('a device that goes ends its series, and one that comes back starts them again', async (t) => {
  const bench = await openBench(t)
  const file = path.join(bench.folder, 'proc/diskstats')
  const sdb = '   8      16 sdb 1 2 3 4 5 6 7 8 9 10 11\n'
  writeFileSync(file, FILES['proc/diskstats'].replace(sdb, ''))
  await bench.next()
  const stale = [...bench.appender.last.stale]
  assert.equal(stale.length, 11)
  assert.ok(stale.every((name) => name.includes('device="sdb"')))
  assert.equal(bench.value('node_disk_io_now{device="sda"}'), 9)
  writeFileSync(file, FILES['proc/diskstats'])
  await bench.next()
  assert.equal(bench.value('node_disk_io_now{device="sdb"}'), 9)
  assert.equal(bench.appender.last.stale.size, 0)
})

test('an interface whose state changes has a new info and ends the old one', async (t) => {
  const bench = await openBench(t)
  writeFileSync(path.join(bench.folder, 'sys/class/net/eth0/operstate'), 'down\n')
  await bench.next()
  assert.equal(bench.value('node_network_up{device="eth0"}'), 0)
  assert.deepEqual(
    [...bench.appender.last.stale].map((name) => /operstate="(\w+)"/.exec(name)?.[1]),
    ['up'],
  )
})

test('a mount that cannot be asked is an error of that mount only', async (t) => {
  const bench = await openBench(t)
  rmSync(path.join(bench.folder, 'with blank'), { recursive: true })
  await bench.next()
  const labels = 'device="/dev/sdc", fstype="ext4", mountpoint="/with blank"'
  assert.equal(bench.value(`node_filesystem_device_error{${labels}}`), 1)
  assert.equal(bench.value(`node_filesystem_size_bytes{${labels}}`), undefined)
  assert.ok(
    (bench.value('node_filesystem_size_bytes{device="/dev/sda", fstype="ext4", mountpoint="/"}') ??
      0) > 0,
  )
})

test('while the host is covered its series end, and come back afterwards', async (t) => {
  const bench = await openBench(t)
  const count = bench.appender.last.values.size
  bench.state.isCovered = true
  await bench.next()
  assert.equal(bench.appender.last.values.size, 0)
  assert.equal(bench.appender.last.stale.size, count)
  assert.equal(bench.host.target(), undefined)
  const rows = bench.appender.rows.length
  await bench.clock.advance(60_000)
  assert.equal(bench.appender.rows.length, rows, 'a covered host writes nothing more')
  bench.state.isCovered = false
  await bench.next()
  assert.equal(bench.appender.last.values.size, count)
})

test('a store that cannot take a row is a counted failure, and the next row goes on', async (t) => {
  const bench = await openBench(t)
  bench.appender.isBusy = true
  await bench.clock.advance(15_000)
  await until('the failure', () => bench.host.target()?.health === 'down')
  assert.match(bench.host.target()?.lastError ?? '', /read-only/)
  assert.match(bench.metrics.render(), /narthex_host_samples_rejected_total\{reason="busy"\} [1-9]/)
  bench.appender.isBusy = false
  await bench.next()
  assert.equal(bench.host.target()?.health, 'up')
})

test('leaving ends every series, stopping leaves them', async (t) => {
  const bench = await openBench(t)
  const count = bench.appender.last.values.size
  await bench.clock.advance(1000)
  await bench.host.leave()
  assert.equal(bench.appender.last.stale.size, count)
  const stopped = await openBench(t)
  await stopped.host.stop()
  await stopped.clock.advance(60_000)
  assert.equal(stopped.appender.rows.length, 1)
})

const GROUP = `sys/fs/cgroup/system.slice/docker-${HASH}.scope`
const SERVICE = 'sys/fs/cgroup/system.slice/nginx.service'

const CGROUPS: Readonly<Record<string, string>> = {
  'sys/fs/cgroup/cgroup.controllers': 'cpu memory\n',
  'sys/fs/cgroup/system.slice/cpu.stat': 'usage_usec 1\n',
  [`${GROUP}/cpu.stat`]:
    'usage_usec 3000000\nuser_usec 2000000\nsystem_usec 1000000\nnr_throttled 4\n',
  [`${GROUP}/memory.current`]: '5000\n',
  [`${GROUP}/memory.stat`]: 'anon 700\nfile 4000\ninactive_file 1500\n',
  [`${GROUP}/memory.max`]: 'max\n',
  [`${GROUP}/memory.events`]: 'low 0\noom_kill 2\n',
  [`${GROUP}/pids.current`]: '6\n',
  [`${GROUP}/io.stat`]: '8:0 rbytes=10 wbytes=20 rios=3 wios=4 dbytes=0 dios=0\n',
  [`${GROUP}/cgroup.procs`]: '4242\n4243\n',
  [`${GROUP}/inner/cpu.stat`]: 'usage_usec 1\n',
  [`${SERVICE}/cpu.stat`]: 'usage_usec 500000\n',
  [`${SERVICE}/memory.current`]: '100\n',
  'proc/4242/ns/net': '->net:[2]',
  'proc/1/ns/net': '->net:[1]',
  'proc/4242/net/dev': `a\nb\n    lo: 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n  eth0: 11 12 13 14 0 0 0 0 21 22 23 24 0 0 0 0\n`,
  'sys/dev/block/8:0': '->../../devices/block/sda',
  [`var/lib/docker/containers/${HASH}/config.v2.json`]:
    '{"Name":"/shop","Config":{"Image":"shop:1.0"}}',
}

test('containers and services have cAdvisor’s series by cgroup v2', async (t) => {
  const bench = await openBench(t, CGROUPS)
  const id = `id="/system.slice/docker-${HASH}.scope"`
  const labels = `${id}, image="shop:1.0", name="shop"`
  const wanted: Readonly<Record<string, number>> = {
    [`container_cpu_usage_seconds_total{cpu="total", ${labels}}`]: 3,
    [`container_cpu_system_seconds_total{${labels}}`]: 1,
    [`container_cpu_cfs_throttled_periods_total{${labels}}`]: 4,
    [`container_memory_usage_bytes{${labels}}`]: 5000,
    [`container_memory_working_set_bytes{${labels}}`]: 3500,
    [`container_memory_rss{${labels}}`]: 700,
    [`container_spec_memory_limit_bytes{${labels}}`]: 0,
    [`container_oom_events_total{${labels}}`]: 2,
    [`container_threads{${labels}}`]: 6,
    [`container_fs_writes_bytes_total{device="/dev/sda", ${labels}}`]: 20,
    [`container_network_receive_bytes_total{${id}, image="shop:1.0", interface="eth0", name="shop"}`]: 11,
    [`container_network_transmit_packets_dropped_total{${id}, image="shop:1.0", interface="eth0", name="shop"}`]: 24,
    'container_cpu_usage_seconds_total{cpu="total", id="/system.slice/nginx.service", name="nginx.service"}': 0.5,
    'container_memory_usage_bytes{id="/system.slice/nginx.service", name="nginx.service"}': 100,
  }
  for (const [series, value] of Object.entries(wanted)) {
    assert.equal(bench.value(series), value, series)
  }
  const names = [...bench.appender.last.values.keys()].filter((name) =>
    name.startsWith('container_'),
  )
  assert.ok(!names.some((name) => name.includes('inner') || name.includes('id="/system.slice"')))
})

test('services beyond the bound are left out, and the figure says that it is reached', async (t) => {
  const services = Array.from({ length: CGROUPS_MAX + 3 }, (_, i): [string, string] => [
    `sys/fs/cgroup/system.slice/s${i}.service/cpu.stat`,
    'usage_usec 1\n',
  ])
  const bench = await openBench(t, {
    ...Object.fromEntries(services),
    'sys/fs/cgroup/cgroup.controllers': 'cpu memory\n',
  })
  assert.match(bench.metrics.render(), new RegExp(`^narthex_host_containers ${CGROUPS_MAX}$`, 'm'))
  const cpu = [...bench.appender.last.values.keys()].filter((name) =>
    name.startsWith('container_cpu_usage_seconds_total'),
  )
  assert.equal(cpu.length, CGROUPS_MAX)
})

test('a container that ends takes its series with it, its network too', async (t) => {
  const bench = await openBench(t, CGROUPS)
  rmSync(path.join(bench.folder, GROUP), { recursive: true })
  await bench.next()
  const stale = [...bench.appender.last.stale]
  assert.ok(stale.length > 20 && stale.every((name) => name.includes(HASH)), String(stale.length))
  const left = [...bench.appender.last.values.keys()].filter((name) => name.includes(HASH))
  assert.deepEqual(left, [])
})

test('a collector that takes over goes on with the series and the figures of the one before', async (t) => {
  const bench = await openBench(t)
  await bench.host.stop()
  const next = startHost({
    appender: bench.appender,
    clock: bench.clock,
    log: silentLog,
    metrics: bench.metrics,
    intervalMs: 5000,
    instance: 'box',
    paths: hostPaths(bench.folder),
  })
  t.after(() => next.stop())
  await bench.clock.advance(5000)
  await until('its first row', () => bench.appender.rows.length > 1)
  const [before, after] = bench.appender.rows
  assert.deepEqual([...after.values.keys()], [...before.values.keys()])
  assert.equal(after.stale.size, 0)
})

test('a host without anything we know still has its own series', async (t) => {
  const temporary = temporaryFolder('bare')
  const clock = fakeClock()
  const appender = testAppender()
  const host = startHost({
    appender,
    clock,
    log: silentLog,
    metrics: new Metrics(),
    intervalMs: 15_000,
    instance: 'box',
    paths: hostPaths(temporary.path),
  })
  t.after(async () => {
    await host.stop()
    temporary.remove()
  })
  await until('the first row', () => appender.rows.length > 0)
  assert.equal(appender.last.values.get('up{instance="box", job="node"}'), 1)
  const failed = [...appender.last.values].filter(
    ([name, value]) => name.startsWith('node_scrape_collector_success') && value === 0,
  )
  assert.equal(failed.length, 18)
})

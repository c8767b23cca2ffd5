/** The collectors over files of any content: no exception, no endless loop, no label that is wrong. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { Metrics } from '../../../src/base/metrics.ts'
import { openCollectors } from '../../../src/collect/host/host.ts'
import { hostMetrics } from '../../../src/collect/host/hostmetrics.ts'
import { HostRow } from '../../../src/collect/host/row.ts'
import { temporaryFolder } from '../../support/processes.ts'
import { fakeClock } from '../clock.ts'
import { hostPaths, testAppender, writeTree } from './support.ts'

const HASH = 'cd'.repeat(32)
const GROUP = `sys/fs/cgroup/docker-${HASH}.scope`

const NAMES = [
  'proc/stat',
  'proc/loadavg',
  'proc/meminfo',
  'proc/vmstat',
  'proc/diskstats',
  'proc/net/dev',
  'proc/net/netstat',
  'proc/net/snmp',
  'proc/net/snmp6',
  'proc/net/sockstat',
  'proc/net/softnet_stat',
  'proc/pressure/cpu',
  'proc/pressure/io',
  'proc/sys/fs/file-nr',
  'etc/os-release',
  'sys/class/net/eth0/operstate',
  'sys/class/net/eth0/mtu',
  `${GROUP}/cpu.stat`,
  `${GROUP}/memory.current`,
  `${GROUP}/memory.stat`,
  `${GROUP}/memory.max`,
  `${GROUP}/io.stat`,
  `${GROUP}/cgroup.procs`,
] as const

test('files of any content are read in peace (seed 9)', (t) => {
  const folder = temporaryFolder('fuzz')
  t.after(() => folder.remove())
  const empty = Object.fromEntries(NAMES.map((name) => [name, '']))
  writeTree(folder.path, { ...empty, 'sys/fs/cgroup/cgroup.controllers': '' })
  const token = fc.constantFrom(
    ...[
      'cpu0',
      'cpu',
      'intr',
      '1',
      '-3',
      '2.5',
      '99999999999999999999',
      'eth0:',
      ':',
      '=',
      'total=7',
    ],
    ...[
      'sda',
      'MemTotal:',
      'kB',
      'TCP:',
      'mem',
      'inuse',
      'Ip:',
      'Forwarding',
      'usage_usec',
      '254:0',
    ],
    ...[
      'pgfault',
      'max',
      'ID=x',
      'VERSION_ID="1"',
      '00ff',
      '\u0000',
      '\t',
      '가',
      '\n',
      '\n',
      '\n\n',
    ],
  )
  const content = fc.array(token, { maxLength: 40 }).map((words) => words.join(' '))
  fc.assert(
    fc.property(
      fc.array(content, { minLength: NAMES.length, maxLength: NAMES.length }),
      (texts) => {
        NAMES.forEach((name, i) => {
          writeFileSync(path.join(folder.path, name), texts[i])
        })
        const appender = testAppender()
        const row = new HostRow(appender, [['job', 'node']])
        const collectors = openCollectors(
          hostPaths(folder.path),
          fakeClock(),
          hostMetrics(new Metrics()),
        )
        for (let round = 1; round <= 2; round++) {
          for (const collector of collectors) collector.collect(row)
          row.finish(round)
        }
        for (const collector of collectors) collector.close()
        for (const value of appender.last.values.values()) assert.ok(!Number.isNaN(value))
        assert.equal(appender.last.stale.size, 0, 'the same content has the same series')
      },
    ),
    { seed: 9, numRuns: 40 },
  )
})

/** Queries of dashboards into trees: our parser, with its type check, against Lezer's grammar. */
import { parser as lezer } from '@prometheus-io/lezer-promql'
import { parseExpr } from '../../src/query/promql/parse.ts'
import { printExpr } from '../../src/query/promql/print.ts'
import { printLaps, race } from '../race.ts'

const QUERIES = [
  'up',
  'node_load1{instance="a:9100",job="node"}',
  'rate(node_network_receive_bytes_total{instance=~"a|b",device!~"lo|veth.*"}[5m]) * 8',
  '100 - (avg by (instance) (irate(node_cpu_seconds_total{mode="idle",job="node"}[5m])) * 100)',
  'histogram_quantile(0.99, sum by (le, route) (rate(http_request_duration_seconds_bucket{code=~"2.."}[5m])))',
  '1 - node_filesystem_avail_bytes{fstype!="tmpfs"} / on (instance, device) group_left (mountpoint) node_filesystem_size_bytes',
  'max_over_time(sum(rate(requests_total[1m]))[1h:30s]) > bool 5 and on () vector(1)',
]
const ROUNDS = 300
const TURNS = 10

function each(work: (text: string) => unknown): () => void {
  return () => {
    for (let i = 0; i < ROUNDS; i++) for (const text of QUERIES) work(text)
  }
}

const trees = new Map(QUERIES.map((text) => [text, parseExpr(text)]))
const laps = race(ROUNDS * QUERIES.length, TURNS, {
  parseExpr: each(parseExpr),
  'Lezer, no check, no messages': each((text) => lezer.parse(text)),
  printExpr: each((text) => {
    const tree = trees.get(text)
    return tree === undefined ? '' : printExpr(tree)
  }),
})
printLaps('a query', laps)

/** Units of expressions, by the suffixes of metrics and what is done to them. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { unitOfText } from '../../../ui/format/unittext.ts'

for (const [expr, unit] of [
  ['node_memory_MemFree_bytes', 'bytes'],
  ['rate(node_network_receive_bytes_total[5m])', 'bytes/s'],
  ['sum by (x) (irate(a_bytes_total[5m]))', 'bytes/s'],
  ['increase(a_bytes_total[1h])', 'bytes'],
  ['rate(node_cpu_seconds_total[5m])', 'ratio'],
  ['1 - avg(rate(node_cpu_seconds_total{mode="idle"}[1m]))', 'ratio'],
  ['100 * (1 - avg(rate(node_cpu_seconds_total[1m])))', 'percent'],
  ['rate(http_requests_total[5m])', 'per second'],
  ['scrape_duration_seconds', 'seconds'],
  ['max_over_time(scrape_duration_seconds[1h])', 'seconds'],
  ['histogram_quantile(0.9, sum by (le) (rate(x_seconds_bucket[5m])))', 'seconds'],
  ['rate(x_seconds_sum[5m]) / rate(x_seconds_count[5m])', 'seconds'],
  ['rate(x_bytes_sum[5m]) / rate(x_bytes_count[5m])', 'bytes'],
  ['a_bytes / b_bytes', 'ratio'],
  ['a_bytes - b_bytes', 'bytes'],
  ['a_bytes / 1024', 'none'],
  ['a_bytes + b_seconds', 'none'],
  ['process_start_time_seconds', 'time'],
  ['time() - process_start_time_seconds', 'seconds'],
  ['count(a_bytes)', 'none'],
  ['a_bytes > bool 5', 'none'],
  ['a_bytes > 5', 'bytes'],
  ['topk(5, a_bytes)', 'bytes'],
  ['(a_bytes)', 'bytes'],
  ['node_hwmon_temp_celsius', 'celsius'],
  ['up', 'none'],
  ['up[', 'none'],
  ['{__name__=~"a.*_bytes"}', 'none'],
] as const) {
  test(`the unit of ${expr} is ${unit}`, () => assert.equal(unitOfText(expr), unit))
}

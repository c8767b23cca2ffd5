/** The scrape manager end to end: a target on a socket, samples in an appender. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { World } from './world.ts'

test('a scrape stores the samples with target labels, and its report', async () => {
  const world = await World.open()
  world.serve('# TYPE a counter\na 1\nb{c="d"} 2.5\n')
  world.apply()
  const timeMs = await world.scrape()
  const instance = `instance="${world.address}", job="test"`
  const stored = world.appender.at(timeMs)
  assert.equal(stored[`a{${instance}}`], 1)
  assert.equal(stored[`b{c="d", ${instance}}`], 2.5)
  assert.equal(stored[`up{${instance}}`], 1)
  assert.equal(stored[`scrape_samples_scraped{${instance}}`], 2)
  assert.equal(stored[`scrape_samples_post_metric_relabeling{${instance}}`], 2)
  assert.equal(stored[`scrape_series_added{${instance}}`], 2)
  assert.equal(Object.keys(stored).length, 7)
  await world.close()
})

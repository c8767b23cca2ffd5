import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lifecycle } from '../../src/base/lifecycle.ts'

test('parts stop newest first, each once, and a failing one does not keep the others', async () => {
  const life = new Lifecycle()
  const stopped: string[] = []
  life.own({ stop: () => void stopped.push('first') })
  life.own({
    stop() {
      stopped.push('second')
      throw new Error('second fails')
    },
  })
  life.own({ stop: async () => void stopped.push('third') })
  await assert.rejects(life.stop(), /second fails/)
  await assert.rejects(life.stop(), /second fails/)
  assert.deepEqual(stopped, ['third', 'second', 'first'])
})

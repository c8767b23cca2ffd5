/** The thread that compares passwords with bcrypt hashes: one takes tens of ms of plain counting. */
import { parentPort } from 'node:worker_threads'
import bcrypt from 'bcryptjs'
import { assert } from '../../base/error.ts'
import type { Comparison } from './bcrypt.ts'

const port = parentPort
assert(port !== null, 'to run as a worker')
port.on('message', ({ password, hash }: Comparison) => {
  port.postMessage(bcrypt.compareSync(password, hash))
})

/** Loaded before a program: writes down each connection that it begins, before any name is looked up. */
import { appendFileSync } from 'node:fs'
import { Socket } from 'node:net'

const file = process.env.OUTBOUND_FILE ?? ''
const { connect } = Socket.prototype

Socket.prototype.connect = function watched(...args) {
  appendFileSync(file, `connect ${JSON.stringify(args[0])}\n`)
  return connect.apply(this, args)
}

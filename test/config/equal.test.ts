/** Whether two configurations say the same: what a reload may leave alone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from '../../src/base/secret.ts'
import { equalConfig } from '../../src/config/equal.ts'
import { compileRelabel } from '../../src/config/relabel.ts'

for (const [name, a, b, wanted] of [
  ['the same values', { a: 1, b: ['x', { c: null }] }, { b: ['x', { c: null }], a: 1 }, true],
  ['another value', { a: 1 }, { a: 2 }, false],
  ['a key more', { a: 1 }, { a: 1, b: undefined }, false],
  ['another key', { a: 1 }, { b: 1 }, false],
  ['a list and a map', [], {}, false],
  ['a longer list', [1], [1, 2], false],
  ['nothing and a map', undefined, {}, false],
  ['null and a map', null, {}, false],
  ['big numbers', { a: 3n }, { a: 3n }, true],
  ['equal secrets', { a: new Secret('x') }, { a: new Secret('x') }, true],
  ['other secrets', { a: new Secret('x') }, { a: new Secret('y') }, false],
  ['a secret and its text', { a: new Secret('x') }, { a: 'x' }, false],
  ['a function and none', { a: () => 1 }, { a: 1 }, false],
  ['equal rules', [compileRelabel({ regex: 'a' })], [compileRelabel({ regex: 'a' })], true],
  ['other rules', [compileRelabel({ regex: 'a' })], [compileRelabel({ regex: 'b' })], false],
] as const) {
  test(`${name}: ${wanted ? 'equal' : 'not equal'}`, () => {
    assert.equal(equalConfig(a, b), wanted)
    assert.equal(equalConfig(b, a), wanted)
  })
}

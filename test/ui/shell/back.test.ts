/** C33: after logging in nobody is led out of the program, whatever an address says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backTo, loginQuery } from '../../../ui/shell/back.ts'

const BEGINNING = 'https://hub.example/narthex/'

for (const [to, back] of [
  ['catalogue/mysqld?tab=alerts', 'catalogue/mysqld?tab=alerts'],
  [
    'registry/groups/My%EC%84%9C%EB%B9%84%EC%8A%A4',
    'registry/groups/My%EC%84%9C%EB%B9%84%EC%8A%A4',
  ],
  ['accounts?section=audit&search=a%20b', 'accounts?section=audit&search=a%20b'],
  ['', ''],
  ['.', ''],
  ['/narthex/status', 'status'],
  ['https://hub.example/narthex/status', 'status'],
  ['login', ''],
  ['login?to=login', ''],
  ['https://evil.example/', ''],
  ['//evil.example/', ''],
  ['/\\evil.example', ''],
  ['\\\\evil.example', ''],
  ['https:evil.example', 'evil.example'],
  ['http:evil.example', ''],
  ['javascript:alert(1)', ''],
  ['data:text/html,x', ''],
  ['\tjava\nscript:alert(1)', ''],
  ['../other', ''],
  ['catalogue/../../other', ''],
  ['%2e%2e/%2e%2e/other', ''],
  ['/narthex/../other', ''],
  ['/narthex//evil.example', ''],
  ['https://hub.example.evil.example/narthex/', ''],
  ['https://hub.example@evil.example/narthex/', ''],
  ['https://user@hub.example/narthex/status', ''],
  ['https://hub.example:8443/narthex/status', ''],
] as const) {
  test(`C33: ${JSON.stringify(to)} leads ${back === '' ? 'nowhere else' : `to ${back}`}`, () => {
    assert.equal(backTo(to, BEGINNING), back)
  })
}

test('the login page is told where it was asked from', () => {
  assert.equal(loginQuery(`${BEGINNING}status?a=b`, BEGINNING), '?to=status%3Fa%3Db')
  assert.equal(loginQuery(BEGINNING, BEGINNING), '')
  assert.equal(loginQuery(`${BEGINNING}login?to=x`, BEGINNING), '')
})

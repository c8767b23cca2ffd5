/** C30: link-local and metadata addresses are known in every spelling. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hostOf, isLinkLocal } from '../../../src/net/client/address.ts'

for (const host of [
  '169.254.169.254',
  '169.254.0.1',
  '2852039166',
  '0xa9fea9fe',
  '0xA9.254.0251.0376',
  '169.254.43518',
  '169.16689662',
  '[fe80::1]',
  'fe80::1%eth0',
  'febf:ffff::',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '::169.254.169.254',
  '64:ff9b::a9fe:a9fe',
  'fd00:ec2::254',
  '100.100.100.200',
  'metadata.google.internal',
  'METADATA.google.internal.',
]) {
  test(`C30: ${host} is link-local`, () => assert.equal(isLinkLocal(host), true))
}

for (const host of [
  '127.0.0.1',
  '169.253.255.255',
  '169.255.0.0',
  '10.0.0.1',
  '::1',
  'fec0::1',
  'fd00::1',
  'example.org',
  '169.254.169.254.example.org',
  '4294967296',
  '1.2.3.4.5',
  '',
]) {
  test(`C30: ${JSON.stringify(host)} is not link-local`, () => {
    assert.equal(isLinkLocal(host), false)
  })
}

test('hostOf takes the host of any address', () => {
  const cases = { 'a:1': 'a', a: 'a', '[::1]:9': '::1', '[::1]': '::1', '::1': '::1', ':1': '' }
  for (const [address, host] of Object.entries(cases)) assert.equal(hostOf(address), host, address)
})

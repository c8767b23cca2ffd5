/** helm.yaml of each entry: manifests hold together, values are ones that the chart has. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { CATALOG_FOLDER } from '../../tools/catalog.ts'
import { chartOf, problemsOfValues } from './charts.ts'
import { type Manifest, problemsOfManifests } from './manifests.ts'

const names = readdirSync(CATALOG_FOLDER).filter((name) => {
  return existsSync(join(CATALOG_FOLDER, name, 'helm.yaml'))
})

for (const name of names) {
  const text = readFileSync(join(CATALOG_FOLDER, name, 'helm.yaml'), 'utf8')
  const entry = parse(readFileSync(join(CATALOG_FOLDER, name, 'entry.yaml'), 'utf8')) as {
    port: number
  }
  const documents = parseAllDocuments(text).map((each) => each.toJS() as Manifest)
  const isManifest = documents.every(({ apiVersion, kind }) => apiVersion && kind)
  if (isManifest) {
    test(`the manifests of ${name} are complete, find each other and name the port of the entry`, () => {
      assert.deepEqual(problemsOfManifests(documents, entry.port), [])
    })
  } else {
    test(`the values of ${name} are ones that its chart has`, () => {
      assert.equal(documents.length, 1, 'values are one document')
      assert.deepEqual(problemsOfValues(chartOf(text), documents[0]), [])
    })
  }
}

test('faults of a manifest are found', () => {
  const pod = {
    containers: [{ name: 'a', image: 'b:1', ports: [{ name: 'web', containerPort: 9 }] }],
  }
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'a' },
    spec: {
      selector: { matchLabels: { app: 'a' } },
      template: { metadata: { labels: { app: 'b' } }, spec: pod },
    },
  }
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'a', labels: { app: 'a' } },
    spec: { selector: { app: 'c' }, ports: [{ name: 'web', port: 9, targetPort: 'admin' }] },
  }
  const monitor = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'ServiceMonitor',
    metadata: { name: 'a' },
    spec: { selector: { matchLabels: { app: 'a' } }, endpoints: [{ port: 'metrics' }] },
  }
  assert.deepEqual(problemsOfManifests([deployment, service, monitor], 10), [
    'Deployment a: its selector does not match the labels of its pods',
    'Service a: no pod has its labels',
    'ServiceMonitor a: its Service has no port metrics',
    'no port is 10',
  ])
  assert.deepEqual(problemsOfManifests([{ ...service, apiVersion: 'v2' }], 9), [
    'Service a: apiVersion v2, wanted v1',
  ])
})

test('values that a chart has not are found', () => {
  const chart = 'prometheus-kafka-exporter'
  assert.deepEqual(problemsOfValues(chart, { podSecurityContext: {}, replicaCount: 1 }), [
    'prometheus-kafka-exporter has no podSecurityContext',
  ])
  assert.deepEqual(problemsOfValues(chart, { service: { portt: 1 } }), [
    'prometheus-kafka-exporter has no service.portt',
  ])
})

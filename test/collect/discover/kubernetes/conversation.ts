/** Pods as a server says them to who lists and watches: whole objects, field by field. */

const TIME = '2026-11-20T06:31:44Z'

const MANAGED = [
  {
    manager: 'kube-controller-manager',
    operation: 'Update',
    apiVersion: 'v1',
    time: TIME,
    fieldsType: 'FieldsV1',
    fieldsV1: {
      'f:metadata': {
        'f:generateName': {},
        'f:labels': { '.': {}, 'f:app': {}, 'f:pod-template-hash': {} },
        'f:ownerReferences': { '.': {}, 'k:{"uid":"0c0ef5c4-97a5-4a0e-8a9f-9a3dcb4a8c55"}': {} },
      },
      'f:spec': { 'f:containers': { 'k:{"name":"web"}': { '.': {}, 'f:image': {} } } },
    },
  },
  {
    manager: 'kubelet',
    operation: 'Update',
    apiVersion: 'v1',
    time: TIME,
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:status': { 'f:conditions': { 'k:{"type":"Ready"}': { 'f:status': {} } } } },
    subresource: 'status',
  },
]

function condition(type: string, status: string): object {
  return { type, status, lastProbeTime: null, lastTransitionTime: TIME }
}

/** A pod of a deployment, as a list has it: without kind and version. */
export function listedPod(name: string, ip: string, version: string, ready = 'True'): object {
  return {
    metadata: {
      name,
      generateName: 'web-7c9f6b5d88-',
      namespace: 'shop',
      uid: `2f7d3a35-6a0c-4f0b-9df5-${name.padEnd(12, '0')}`,
      resourceVersion: version,
      creationTimestamp: TIME,
      labels: { app: 'web', 'pod-template-hash': '7c9f6b5d88' },
      annotations: { 'example.org/owner': 'größe 漢字 😀', 'prometheus.io/port': '9102' },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: 'web-7c9f6b5d88',
          uid: '0c0ef5c4-97a5-4a0e-8a9f-9a3dcb4a8c55',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
      managedFields: MANAGED,
    },
    spec: {
      volumes: [
        {
          name: 'kube-api-access-5kz7c',
          projected: {
            sources: [
              { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
              {
                configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] },
              },
            ],
            defaultMode: 420,
          },
        },
      ],
      containers: [
        {
          name: 'web',
          image: 'registry.example/web:1.4.2',
          args: ['--listen=:8080'],
          ports: [{ name: 'metrics', containerPort: 9102, protocol: 'TCP' }],
          env: [
            {
              name: 'HOST',
              valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'spec.nodeName' } },
            },
          ],
          resources: { limits: { memory: '128Mi' }, requests: { cpu: '100m', memory: '64Mi' } },
          volumeMounts: [
            {
              name: 'kube-api-access-5kz7c',
              readOnly: true,
              mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
            },
          ],
          readinessProbe: {
            httpGet: { path: '/ready', port: 'metrics', scheme: 'HTTP' },
            timeoutSeconds: 1,
            periodSeconds: 10,
            successThreshold: 1,
            failureThreshold: 3,
          },
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          imagePullPolicy: 'IfNotPresent',
        },
      ],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      serviceAccountName: 'default',
      serviceAccount: 'default',
      nodeName: 'worker-1',
      securityContext: {},
      schedulerName: 'default-scheduler',
      tolerations: [
        {
          key: 'node.kubernetes.io/not-ready',
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds: 300,
        },
      ],
      priority: 0,
      enableServiceLinks: true,
      preemptionPolicy: 'PreemptLowerPriority',
    },
    status: {
      phase: 'Running',
      conditions: [
        condition('PodReadyToStartContainers', 'True'),
        condition('Initialized', 'True'),
        condition('Ready', ready),
        condition('ContainersReady', ready),
        condition('PodScheduled', 'True'),
      ],
      hostIP: '192.168.7.21',
      hostIPs: [{ ip: '192.168.7.21' }],
      podIP: ip,
      podIPs: [{ ip }],
      startTime: TIME,
      containerStatuses: [
        {
          name: 'web',
          state: { running: { startedAt: TIME } },
          lastState: {},
          ready: ready === 'True',
          restartCount: 0,
          image: 'registry.example/web:1.4.2',
          imageID: 'registry.example/web@sha256:3f1c',
          containerID: 'containerd://5f0e1c',
          started: true,
        },
      ],
      qosClass: 'Burstable',
    },
  }
}

/** The same as an event of a watch has it. */
export function watchedPod(...of: Parameters<typeof listedPod>): object {
  return { kind: 'Pod', apiVersion: 'v1', ...listedPod(...of) }
}

/** A page of pods. */
export function podList(metadata: object, items: readonly object[]): object {
  return { kind: 'PodList', apiVersion: 'v1', metadata, items }
}

/** How far a watch is: an empty pod with nothing but a version. */
export function bookmark(version: string): object {
  const metadata = { resourceVersion: version, creationTimestamp: null }
  const object = { kind: 'Pod', apiVersion: 'v1', metadata, spec: { containers: null }, status: {} }
  return { type: 'BOOKMARK', object }
}

/** The history from a version on is gone. */
export function expired(version: string, oldest: string): object {
  const object = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `too old resource version: ${version} (${oldest})`,
    reason: 'Expired',
    code: 410,
  }
  return { type: 'ERROR', object }
}

/** Every bound that a user can meet, with the value that the code has. */
import { REGEX_LENGTH_MAX, REGEX_PROGRAM_MAX } from '../src/base/regex.ts'
import { SERVICES_MAX } from '../src/collect/discover/consul.ts'
import { CONSUL_BYTES_MAX } from '../src/collect/discover/consulapi.ts'
import { DOCKER_BYTES_MAX } from '../src/collect/discover/docker.ts'
import { FILE_SIZE_BYTES_MAX } from '../src/collect/discover/file.ts'
import { TARGETS_MAX as DISCOVERED_MAX } from '../src/collect/discover/groups.ts'
import { HTTP_BODY_BYTES_MAX } from '../src/collect/discover/httpsd.ts'
import { LINE_BYTES_MAX } from '../src/collect/discover/kubernetes/lines.ts'
import { OBJECTS_MAX, PAGE_BYTES_MAX } from '../src/collect/discover/kubernetes/reflector.ts'
import { LIST_BYTES_MAX, LISTS_MAX } from '../src/collect/discover/lastgood.ts'
import { CGROUPS_MAX } from '../src/collect/host/container.ts'
import { HOST_SERIES_MAX } from '../src/collect/host/row.ts'
import { TENANTS_MAX } from '../src/collect/receive/kafka/decode.ts'
import { PUSHED_FAMILIES_MAX } from '../src/collect/receive/metadata.ts'
import { REFUSALS_MAX } from '../src/collect/receive/refusals.ts'
import { REPLICA_OPTIONS } from '../src/collect/receive/replicas.ts'
import { READ_LIMITS } from '../src/collect/receive/stream/batch.ts'
import { METADATA_BLOCKS_MAX } from '../src/collect/scrape/metadata.ts'
import {
  BODY_SIZE_BYTES_MAX,
  DROPPED_TARGETS_MAX,
  SAMPLES_MAX,
  TARGETS_MAX,
} from '../src/collect/scrape/room.ts'
import { CONFIG_SIZE_BYTES_MAX } from '../src/config/config.ts'
import { DEFAULT_QUEUE } from '../src/config/destination.ts'
import { BODY_BYTES_DEFAULT } from '../src/config/destinations/httpend.ts'
import { MESSAGE_BYTES_DEFAULT } from '../src/config/destinations/kafka.ts'
import { BATCH_MESSAGES_DEFAULT, FETCH_BYTES_DEFAULT } from '../src/config/ingester.ts'
import { SOURCES_MAX, TOKEN_BYTES_MAX } from '../src/config/source.ts'
import { YAML_ALIASES_MAX, YAML_DEPTH_MAX, YAML_NODES_MAX } from '../src/config/yaml.ts'
import { SESSIONS_OF_USER_MAX } from '../src/hub/accounts/accounts.ts'
import { AUDIT_WAITING_MAX } from '../src/hub/accounts/audit.ts'
import { AWAY_MS_MAX } from '../src/hub/accounts/follow.ts'
import { ENTRIES_MAX } from '../src/hub/catalogue/catalogue.ts'
import { PROBLEMS_MAX as TEXT_PROBLEMS_MAX } from '../src/hub/catalogue/check.ts'
import { PANELS_MAX, QUERIES_MAX } from '../src/hub/catalogue/dashboard.ts'
import { ENTRY_FILE_BYTES_MAX } from '../src/hub/catalogue/folder.ts'
import { JSON_DEPTH_MAX } from '../src/hub/catalogue/jsonplaces.ts'
import { RULES_MAX } from '../src/hub/catalogue/rules.ts'
import { SAMPLE_FAMILIES_MAX } from '../src/hub/catalogue/sample.ts'
import { SEARCH_LENGTH_MAX, SEARCH_WORDS_MAX } from '../src/hub/catalogue/search.ts'
import { EDITS_WAITING_MAX } from '../src/hub/edits/edits.ts'
import { COMMITS_MAX, EDITED_BYTES_MAX, EDITED_FILES_MAX } from '../src/hub/edits/repository.ts'
import { FOUND_TARGETS_MAX } from '../src/hub/found/recognise.ts'
import { CANDIDATES_MAX } from '../src/hub/install/candidates.ts'
import { INSTALLS_MAX } from '../src/hub/install/folder.ts'
import { TARGETS_MAX as INSTALL_TARGETS_MAX, JOB_LENGTH_MAX } from '../src/hub/install/request.ts'
import { LOOKS_PENDING_MAX, VIEWERS_MAX } from '../src/hub/interest/interest.ts'
import { KEPT_DAYS } from '../src/hub/interest/score.ts'
import { BULK_DOCUMENTS_MAX } from '../src/hub/registry/batch.ts'
import { CONSUMER_MS_MAX } from '../src/hub/registry/consumers.ts'
import { DIFF_TARGETS_MAX } from '../src/hub/registry/diff.ts'
import { LABELS_MAX, PROBLEMS_MAX } from '../src/hub/registry/document.ts'
import { EDITOR_HEAP_MEBIBYTES_MAX, LARGE_EDITS_MAX } from '../src/hub/registry/editor.ts'
import { TTL_MS_MAX } from '../src/hub/registry/lease.ts'
import { LISTS_MAX as READY_LISTS_MAX } from '../src/hub/registry/lists.ts'
import { NAME_BYTES_MAX } from '../src/hub/registry/name.ts'
import { NODES_MAX } from '../src/hub/registry/service.ts'
import {
  LABEL_NAME_BYTES_MAX,
  LABEL_VALUE_BYTES_MAX,
  TARGET_BYTES_MAX,
} from '../src/hub/registry/target.ts'
import { FETCH_BYTES_MAX } from '../src/hub/sources/git.ts'
import {
  GITHUB_CONNECTIONS_MAX,
  GITHUB_REMEMBERED_BYTES_MAX,
  GITHUB_TREES_MAX,
} from '../src/hub/sources/github.ts'
import { TREE_BYTES_MAX, WAIT_MS_MAX } from '../src/hub/sources/githubapi.ts'
import { SOURCE_ENTRIES_MAX } from '../src/hub/sources/layout.ts'
import { FILE_BYTES_MAX, SOURCE_BYTES_MAX, SOURCE_FILES_MAX } from '../src/hub/sources/source.ts'
import { LEASED_BYTES_MAX } from '../src/net/client/body.ts'
import { INFLATE_RATIO_MAX } from '../src/net/client/inflate.ts'
import { REDIRECTS_MAX } from '../src/net/client/request.ts'
import { HEAD_BYTES_MAX } from '../src/net/client/response.ts'
import { CALLS_MAX } from '../src/net/grpc/server.ts'
import { WRONG_MAX, WRONG_OF_NAME_MAX } from '../src/net/server/auth.ts'
import { DEFAULT_LIMITS } from '../src/net/server/limits.ts'
import { WAITING_MAX } from '../src/net/server/password.ts'
import { QUERY_LIMITS } from '../src/query/host/limits.ts'
import { NESTING_MAX, OPERATORS_MAX } from '../src/query/promql/tokens.ts'
import { CHANGE_ITEMS_MAX } from '../src/records/changes.ts'
import { VERSIONS_MAX as DOCUMENT_VERSIONS_MAX } from '../src/records/documents.ts'
import { LIVES_MAX } from '../src/records/interest.ts'
import { LEASE_EVENTS_MAX } from '../src/records/leases.ts'
import { RETRY_AFTER_MS_MAX } from '../src/send/queue/pace.ts'
import { ANSWER_BYTES_MAX as UPSTREAM_BYTES_MAX } from '../src/send/upstream/upstream.ts'
import { SELECTORS_MAX } from '../src/serve/api/params.ts'
import { ROWS_MAX } from '../src/serve/api/status.ts'
import {
  BYTES_MAX as FEDERATED_BYTES_MAX,
  SAMPLES_MAX as FEDERATED_SAMPLES_MAX,
  SERIES_MAX as FEDERATED_SERIES_MAX,
} from '../src/serve/federate.ts'
import { CHANGES_MAX } from '../src/serve/hub/batch.ts'
import { FAVOURITES_MAX } from '../src/serve/hub/favourites.ts'
import { PAGE_MAX } from '../src/serve/hub/registry.ts'
import { FILTERS_MAX } from '../src/serve/hub/sd.ts'
import { PENDING_BYTES_MAX } from '../src/store/log/log.ts'
import { QUARANTINE_BYTES_MAX } from '../src/store/log/replay.ts'
import { COLUMNS_MAX } from '../src/wire/columnar.ts'
import { PARTS_MAX as FAMILY_PARTS_MAX } from '../src/wire/expositionproto.ts'
import { LINE_PARTS_MAX } from '../src/wire/lineprotocol.ts'
import { ATTRIBUTES_MAX, BUCKETS_MAX, NESTING_MAX as NESTING_DEPTH_MAX } from '../src/wire/otlp.ts'
import { PARTS_MAX as JSON_PARTS_MAX } from '../src/wire/otlpjson.ts'
import { SYMBOLS_MAX } from '../src/wire/remotewrite.ts'
import { HISTOGRAM_BUCKETS_MAX } from '../src/wire/streamside.ts'
import { TEXT_BYTES_MAX, TEXTS_MAX } from '../src/wire/streamtext.ts'
import {
  built,
  config,
  count,
  duration,
  flag,
  gatewayFlag,
  hubFlag,
  type Limit,
  size,
} from './limit.ts'

const REQUESTS = 'prometheus_http_requests_total'
const QUERIES = 'narthex_query_failures_total'
const FAILED = 'narthex_scrape_failures_total'
const WRITES = 'narthex_remote_write_refused_total'
const PUSHES = 'narthex_push_refused_total'
const REFUSED_CELLS = 'narthex_gateway_refused_samples_total'
const SENT = 'prometheus_remote_storage_samples_total'
const WAITING = 'prometheus_remote_storage_samples_pending'
const LOGINS = 'narthex_http_refused_logins_total'
const DISCOVERY = 'prometheus_sd_refresh_failures_total'
const CONSUL = 'prometheus_sd_consul_rpc_failures_total'
const KUBERNETES = ['prometheus_sd_kubernetes_failures_total']
const KEPT = 'narthex_sd_last_good_failures_total'
const FAULTS = 'narthex_catalogue_faults'
const LOOKS_DROPPED = 'narthex_catalogue_views_dropped_total'
const SOURCE_FAILING = 'narthex_catalogue_source_failing'
const EDITS = 'narthex_catalogue_edits_total'
const SOURCE_STAYS = 'what it had before stays'

/** Sections of the page. */
export const LIMITS: Readonly<Record<string, readonly Limit[]>> = {
  Storage: [
    flag('series in memory', 'limit.series', '429; a scrape leaves the new series out', [
      'prometheus_tsdb_head_series',
      'narthex_store_series_refused_total',
      'narthex_scrape_series_refused_total',
    ]),
    flag('series made in a minute', 'limit.new-series-per-minute', 'the same', [
      'prometheus_tsdb_head_series_created_total',
      'narthex_store_series_refused_total',
    ]),
    flag('time ahead of the clock', 'limit.future', 'the sample is refused', [
      'narthex_store_samples_total',
      'prometheus_target_scrapes_sample_out_of_bounds_total',
    ]),
    {
      what: 'time behind the newest sample',
      bound: '0',
      by: '`storage.tsdb.out_of_order_time_window`',
      beyond: 'the sample is refused',
      metrics: [
        'narthex_store_samples_total',
        'prometheus_target_scrapes_sample_out_of_order_total',
      ],
    },
    flag('age of samples', 'storage.retention.time', 'whole windows are deleted', [
      'prometheus_tsdb_time_retentions_total',
    ]),
    flag('bytes of windows and log', 'storage.retention.size', 'the oldest windows are deleted', [
      'prometheus_tsdb_storage_blocks_bytes',
      'prometheus_tsdb_size_retentions_total',
    ]),
    flag('free space of the disk', 'storage.min-free', 'read-only: 503 for writes, queries go on', [
      'narthex_store_read_only',
    ]),
    built(
      'bytes of the log that wait for the disk',
      size(PENDING_BYTES_MAX),
      '503 until it writes',
      ['narthex_log_pending_bytes', 'narthex_log_writable'],
    ),
    built('damaged bytes kept aside', size(QUARANTINE_BYTES_MAX), 'the segment stays instead', [
      'narthex_log_damages_total',
    ]),
  ],
  Scraping: [
    config(
      'targets of a job',
      count(TARGETS_MAX),
      'target_limit',
      'every target of the job fails',
      ['prometheus_target_scrape_pool_exceeded_target_limit_total'],
    ),
    config(
      'dropped targets shown',
      count(DROPPED_TARGETS_MAX),
      'keep_dropped_targets',
      'counted only',
      ['prometheus_target_scrape_pool_targets'],
    ),
    config('body, decompressed', size(BODY_SIZE_BYTES_MAX), 'body_size_limit', 'the scrape fails', [
      'prometheus_target_scrapes_exceeded_body_size_limit_total',
    ]),
    config('samples of a scrape', count(SAMPLES_MAX), 'sample_limit', 'the scrape fails', [
      'prometheus_target_scrapes_exceeded_sample_limit_total',
    ]),
    config('labels and their lengths', 'none', 'label_limit', 'the scrape fails', [
      'prometheus_target_scrape_pool_exceeded_label_limits_total',
    ]),
    built('all bodies that are being read', size(LEASED_BYTES_MAX), 'the scrape fails', [
      'narthex_scrape_body_bytes',
      FAILED,
    ]),
    built('bytes out of each compressed byte', count(INFLATE_RATIO_MAX), 'the scrape fails', [
      FAILED,
    ]),
    built('head of an answer', size(HEAD_BYTES_MAX), 'the scrape fails', [FAILED]),
    built('redirects', count(REDIRECTS_MAX), 'the scrape fails', [FAILED]),
    built('series of the host collector', count(HOST_SERIES_MAX), 'further ones are left out', [
      'narthex_host_series_refused_total',
    ]),
    built('parts of one family in protobuf', count(FAMILY_PARTS_MAX), 'the scrape fails', [FAILED]),
    built('blocks of metadata', count(METADATA_BLOCKS_MAX), 'further ones are left out', [
      'narthex_scrape_metadata_blocks',
      'narthex_scrape_metadata_blocks_left_out_total',
    ]),
    built('containers and services', count(CGROUPS_MAX), 'further ones are left out', [
      'narthex_host_containers',
    ]),
  ],
  Discovery: [
    built('targets of a source', count(DISCOVERED_MAX), 'the targets of before stay', [DISCOVERY]),
    built('answer of a URL', size(HTTP_BODY_BYTES_MAX), 'the targets of before stay', [DISCOVERY]),
    built('file', size(FILE_SIZE_BYTES_MAX), 'the targets of before stay', [
      'prometheus_sd_file_read_errors_total',
    ]),
    built('answer of Consul', size(CONSUL_BYTES_MAX), 'the targets of before stay', [CONSUL]),
    built('services of Consul', count(SERVICES_MAX), 'the services of before stay', [CONSUL]),
    built('answer of Docker', size(DOCKER_BYTES_MAX), 'the targets of before stay', [DISCOVERY]),
    built(
      'objects of a kind in a namespace',
      count(OBJECTS_MAX),
      'the objects of before stay',
      KUBERNETES,
    ),
    built(
      'page of a list of Kubernetes',
      size(PAGE_BYTES_MAX),
      'the objects of before stay',
      KUBERNETES,
    ),
    built('event of Kubernetes', size(LINE_BYTES_MAX), 'everything is listed again', KUBERNETES),
    built('last good list on the disk', size(LIST_BYTES_MAX), 'it is not kept', [KEPT]),
    built('last good lists on the disk', count(LISTS_MAX), 'further ones are not kept', [KEPT]),
  ],
  'What is pushed': [
    flag('request body as sent', 'limit.request-bytes', '413', [REQUESTS]),
    flag('request body decompressed', 'limit.decoded-bytes', '413', [REQUESTS]),
    flag('all request bodies at one time', 'limit.inflight-bytes', '503', [
      'narthex_http_body_bytes',
      'narthex_http_body_bytes_max',
    ]),
    flag('labels of a series', 'limit.labels-per-series', 'the series is refused', [WRITES]),
    flag('length of a label name', 'limit.label-name-bytes', 'the series is refused', [WRITES]),
    flag('length of a label value', 'limit.label-value-bytes', 'the series is refused', [WRITES]),
    flag(
      'series whose OTLP deltas are added up',
      'otlp.delta-series',
      'points refused: `delta_series_limit`',
      [PUSHES],
    ),
    flag('groups of batch jobs', 'push.groups', '429', [PUSHES]),
    flag('series of all these groups', 'push.series', '429', [PUSHES]),
    built('attributes of one OTLP thing', count(ATTRIBUTES_MAX), '400', [PUSHES]),
    built('buckets of one OTLP point', count(BUCKETS_MAX), '400', [PUSHES]),
    built('tags or fields of a line', count(LINE_PARTS_MAX), 'the line is refused', [PUSHES]),
    built('values inside each other in OTLP', count(NESTING_DEPTH_MAX), '400', [PUSHES]),
    built('parts of a request in JSON', count(JSON_PARTS_MAX), '400', [PUSHES]),
    built('symbols of a request of remote write 2.0', count(SYMBOLS_MAX), '413', [REQUESTS]),
    built('refusals in one request', count(REFUSALS_MAX), '400, no more of it is read', [
      WRITES,
      PUSHES,
    ]),
    built('families with metadata', count(PUSHED_FAMILIES_MAX), 'further ones are left out', [
      'narthex_pushed_metadata_families',
    ]),
  ],
  'What is passed on': [
    flag('series that are sent', 'send.max-series', 'new ones are not sent, known ones go on', [
      'narthex_send_series',
      'narthex_send_series_refused_total',
    ]),
    flag('memory for what waits for a destination', 'send.buffer-size', 'the oldest is dropped', [
      'prometheus_remote_storage_samples_pending',
      'prometheus_remote_storage_samples_dropped_total',
    ]),
    flag('how long a sample waits for a destination', 'send.buffer-age', 'it is dropped', [
      'prometheus_remote_storage_samples_dropped_total',
    ]),
    gatewayFlag('how long a sender waits', 'send.commit-timeout', 'it is told to try again', [
      'narthex_send_commits_waiting',
    ]),
    gatewayFlag('time ahead of the clock', 'limit.future', 'the sample is refused', [
      WRITES,
      PUSHES,
      REFUSED_CELLS,
    ]),
    config(
      'samples of one write',
      count(DEFAULT_QUEUE.samplesPerSendMax),
      'max_samples_per_send',
      'more writes are made',
      [SENT],
    ),
    config(
      'writes to one destination at a time',
      count(DEFAULT_QUEUE.shardsMax),
      'max_shards',
      'the rest waits',
      [WAITING],
    ),
    config(
      'body of one write over HTTP',
      size(BODY_BYTES_DEFAULT),
      'max_request_size',
      'it is split',
      [SENT],
    ),
    built('pause that an answer asks for', duration(RETRY_AFTER_MS_MAX), 'this long is waited', [
      'prometheus_remote_storage_samples_retried_total',
    ]),
  ],
  'The stream of agents': [
    gatewayFlag('agents that are known', 'gateway.agents', 'the stream is ended', [
      'narthex_gateway_agents_connected',
    ]),
    gatewayFlag(
      'series of one agent',
      'gateway.agent-series',
      'new ones are refused and told so; twice as many end the stream',
      ['narthex_gateway_agent_series', REFUSED_CELLS],
    ),
    gatewayFlag(
      'samples a second of one agent',
      'gateway.agent-samples-per-second',
      'the agent is asked to wait',
      ['narthex_gateway_batches_total'],
    ),
    gatewayFlag('senders of requests', 'gateway.senders', 'more are counted together', [
      'narthex_gateway_senders',
      'narthex_gateway_senders_unlisted_total',
    ]),
    gatewayFlag(
      'bytes of one sender that have no answer yet',
      'gateway.sender-inflight-bytes',
      '429 with Retry-After',
      ['narthex_gateway_sender_inflight_refused_total'],
    ),
    gatewayFlag(
      'bytes of one agent that are not acknowledged',
      'gateway.agent-inflight-bytes',
      'the agent is held up',
      ['narthex_gateway_inflight_bytes'],
    ),
    built(
      'texts that both sides know by number',
      `${count(TEXTS_MAX)} texts, ${size(TEXT_BYTES_MAX)}`,
      'later ones are written out',
      ['narthex_gateway_received_bytes_total'],
    ),
    gatewayFlag('one message', 'limit.request-bytes', 'the stream is ended', [
      'narthex_grpc_calls_total',
    ]),
    built('calls at a time on one connection', count(CALLS_MAX), 'the next ones wait', [
      'narthex_grpc_calls_total',
    ]),
    built('labels of one series', count(READ_LIMITS.pairsMax), 'the stream is ended', [
      'narthex_gateway_damaged_streams_total',
    ]),
    built('one text', size(READ_LIMITS.textBytesMax), 'the stream is ended', [
      'narthex_gateway_damaged_streams_total',
    ]),
    built('buckets of one histogram', count(HISTOGRAM_BUCKETS_MAX), 'the stream is ended', [
      'narthex_gateway_damaged_streams_total',
    ]),
    built('columns of one layout', count(COLUMNS_MAX), 'the stream is ended', [
      'narthex_gateway_damaged_streams_total',
    ]),
    built(
      'clusters of which one replica is listened to',
      count(REPLICA_OPTIONS.clustersMax),
      'further ones are not deduplicated',
      ['narthex_replica_clusters'],
    ),
  ],
  Kafka: [
    {
      what: 'bytes of a partition that are fetched ahead',
      bound: size(FETCH_BYTES_DEFAULT),
      by: '`narthex.ingester.kafka.fetch_max_bytes`',
      beyond: 'nothing more of it is fetched',
      metrics: ['narthex_kafka_consumer_queued_bytes'],
    },
    {
      what: 'messages of a partition that are not yet committed',
      bound: count(BATCH_MESSAGES_DEFAULT),
      by: '`narthex.ingester.kafka.batch_max_messages`',
      beyond: 'the next ones wait',
      metrics: ['narthex_kafka_consumer_lag'],
    },
    {
      what: 'bytes of a message and of a batch of them',
      bound: count(MESSAGE_BYTES_DEFAULT),
      by: '`message_max_bytes` of a destination',
      beyond: 'messages are split by series and samples',
      metrics: ['prometheus_remote_storage_samples_dropped_total'],
    },
    built('tenants', count(TENANTS_MAX), 'messages of further ones are dead letters', [
      'narthex_kafka_poison_messages_total',
    ]),
  ],
  Queries: [
    flag('time of a query that names none', 'query.timeout', '503', [QUERIES]),
    flag('time that a query may ask for', 'query.max-timeout', 'this much is given', [QUERIES]),
    flag('length of an expression', 'query.max-bytes', '400', [QUERIES]),
    built('brackets in each other', count(NESTING_MAX), '400', [QUERIES]),
    built('operators of an expression', count(OPERATORS_MAX), '400', [QUERIES]),
    built('length of a regular expression', count(REGEX_LENGTH_MAX), '400', [QUERIES]),
    built('instructions of a regular expression', count(REGEX_PROGRAM_MAX), '400', [QUERIES]),
    flag('samples read', 'query.max-samples', '422, estimated before anything is allocated', [
      QUERIES,
      'prometheus_engine_query_samples_total',
    ]),
    flag('bytes held', 'query.max-memory', '422', [QUERIES, 'narthex_query_memory_bytes']),
    flag('points of a series', 'query.max-points', '400', [QUERIES]),
    built('points of a subquery', count(QUERY_LIMITS.subqueryPointsMax), '422', [QUERIES]),
    flag(
      'stored blocks kept unpacked',
      'query.cache-bytes',
      "those used longest ago go; a selection over half of a thread's share keeps none",
      ['narthex_store_cache_bytes'],
    ),
    flag('queries at one time', 'query.max-concurrency', 'the next one waits', [
      'prometheus_engine_queries_concurrent_max',
      'narthex_query_workers',
    ]),
    flag('time of waiting', 'query.max-queue', '503', [QUERIES, 'narthex_query_queue_length']),
    built('queries that wait', count(QUERY_LIMITS.queueLengthMax), '503', [
      QUERIES,
      'narthex_query_queue_length',
    ]),
    flag(
      'series, names or values of the label APIs',
      'query.max-label-series',
      'cut off, with a warning',
      [REQUESTS],
    ),
    built('time of the label APIs', duration(QUERY_LIMITS.labelTimeoutMsMax), '503', [QUERIES]),
    built('selectors of a request', count(SELECTORS_MAX), '400', [REQUESTS]),
    built('rows of a table of cardinality', count(ROWS_MAX), '400', [REQUESTS]),
    built('series of a federation', count(FEDERATED_SERIES_MAX), '422', [REQUESTS]),
    built('samples read for a federation', count(FEDERATED_SAMPLES_MAX), '422', [REQUESTS]),
    built('bytes held for a federation', size(FEDERATED_BYTES_MAX), '422', [REQUESTS]),
    built('answer of an upstream', size(UPSTREAM_BYTES_MAX), '422', [
      'narthex_upstream_requests_total',
    ]),
    built(
      'heap of a worker',
      `${QUERY_LIMITS.workerHeapMebibytesMax} MiB`,
      'the query ends, a new worker starts',
      ['narthex_query_worker_deaths_total'],
    ),
  ],
  HTTP: [
    flag('open connections', 'web.max-connections', 'one more is closed at once', [
      'narthex_http_connections',
      'narthex_http_connections_max',
      'narthex_http_refused_connections_total',
    ]),
    built('request line and headers', size(DEFAULT_LIMITS.headerBytesMax), '431', [REQUESTS]),
    built('URL', size(DEFAULT_LIMITS.urlLengthMax), '414', [REQUESTS]),
    built('form', size(DEFAULT_LIMITS.formBytesMax), '413', [REQUESTS]),
    built('all larger replies on their way', size(DEFAULT_LIMITS.replyBytesMax), '503', [
      'narthex_http_reply_bytes',
      'narthex_http_reply_bytes_max',
    ]),
    built('time for the headers', duration(DEFAULT_LIMITS.headerMsMax), '408', [
      'narthex_http_broken_connections_total',
    ]),
    built('time for the whole request', duration(DEFAULT_LIMITS.requestMsMax), '408', [
      'narthex_http_broken_connections_total',
    ]),
    built('idle connection', duration(DEFAULT_LIMITS.idleMsMax), 'closed', [
      'narthex_http_connections',
    ]),
    built('client that takes nothing', duration(DEFAULT_LIMITS.writeStallMsMax), 'closed', [
      'narthex_http_stalled_replies_total',
    ]),
    config('requests a second', 'none', 'rate_limit', '429', [REQUESTS]),
    built('wrong passwords of one address', count(WRONG_MAX), 'one more every 3 s', [LOGINS]),
    built('wrong passwords for one name', count(WRONG_OF_NAME_MAX), 'one more every 10 s', [
      LOGINS,
    ]),
    built('passwords that wait to be compared', count(WAITING_MAX), '503', [REQUESTS]),
  ],
  'Accounts of a hub': [
    hubFlag('users', 'hub.users', '422', ['narthex_hub_users']),
    hubFlag('tokens', 'hub.tokens', '422', ['narthex_hub_tokens']),
    hubFlag('sessions', 'hub.sessions', 'the longest unused end', [
      'narthex_hub_sessions',
      'narthex_hub_sessions_max',
    ]),
    built('sessions of one user', count(SESSIONS_OF_USER_MAX), 'the longest unused end', [
      'narthex_hub_sessions',
    ]),
    hubFlag('time that a session is not used', 'hub.session-idle', 'it ends', [
      'narthex_hub_sessions',
    ]),
    hubFlag('time of a session', 'hub.session-age', 'it ends', ['narthex_hub_sessions']),
    built(
      'time that who is known comes in without the database',
      duration(AWAY_MS_MAX),
      '503 with Retry-After',
      ['narthex_records_failures_total'],
    ),
    hubFlag('changes a second of one caller', 'limit.changes', '429 with Retry-After', [
      'narthex_http_changes_per_second_max',
      'narthex_http_refused_changes_total',
    ]),
    hubFlag('entries of the audit log', 'limit.audit-entries', 'the oldest are forgotten', [
      'narthex_audit_waiting',
    ]),
    hubFlag('age of the audit log', 'limit.audit-age', 'the oldest are forgotten', [
      'narthex_audit_waiting',
    ]),
    built(
      'entries of the audit log that wait for the database',
      count(AUDIT_WAITING_MAX),
      'further ones are dropped and counted',
      ['narthex_audit_waiting', 'narthex_audit_dropped_total'],
    ),
  ],
  'Configuration files': [
    built('file', size(CONFIG_SIZE_BYTES_MAX), 'refused, what ran goes on', [
      'prometheus_config_last_reload_successful',
    ]),
    built('levels', count(YAML_DEPTH_MAX), 'the same', [
      'prometheus_config_last_reload_successful',
    ]),
    built('uses of anchors', count(YAML_ALIASES_MAX), 'the same', [
      'prometheus_config_last_reload_successful',
    ]),
    built('values', count(YAML_NODES_MAX), 'the same', [
      'prometheus_config_last_reload_successful',
    ]),
  ],
  'Registry of targets': [
    hubFlag('groups and services', 'hub.groups', '422', ['narthex_hub_groups']),
    hubFlag('targets of groups and services', 'hub.targets', '422', ['narthex_hub_targets']),
    hubFlag('targets that register themselves', 'hub.leases', '422', ['narthex_hub_leases']),
    hubFlag('versions of a group or service', 'hub.versions', 'the oldest are forgotten', [
      'narthex_hub_revision',
    ]),
    hubFlag('consumers', 'hub.consumers', 'the longest unseen are forgotten', [REQUESTS]),
    hubFlag('bytes of a group or file', 'limit.request-bytes', '413', [REQUESTS]),
    built('versions of all of them', count(DOCUMENT_VERSIONS_MAX), 'the oldest are forgotten', [
      'narthex_hub_revision',
    ]),
    built('comings and goings of leases', count(LEASE_EVENTS_MAX), 'the oldest are forgotten', [
      'narthex_hub_revision',
    ]),
    built('documents changed at once, but for a file', count(BULK_DOCUMENTS_MAX), '400', [
      REQUESTS,
    ]),
    built('large changes that wait for each other', count(LARGE_EDITS_MAX), '503', [REQUESTS]),
    built('memory of the thread that reads them', `${EDITOR_HEAP_MEBIBYTES_MAX} MiB`, '500', [
      REQUESTS,
    ]),
    built('changes of a page', count(CHANGES_MAX), 'in the next page', [REQUESTS]),
    built('documents told of one change', count(CHANGE_ITEMS_MAX), 'counted only', [REQUESTS]),
    built('nodes of a service', count(NODES_MAX), '422', [REQUESTS]),
    built('labels of an entry', count(LABELS_MAX), '422', [REQUESTS]),
    built('bytes of a target', count(TARGET_BYTES_MAX), '422', [REQUESTS]),
    built('bytes of a label name', count(LABEL_NAME_BYTES_MAX), '422', [REQUESTS]),
    built('bytes of a label value', count(LABEL_VALUE_BYTES_MAX), '422', [REQUESTS]),
    built('bytes of a name', count(NAME_BYTES_MAX), '422', [REQUESTS]),
    built('problems that are told', count(PROBLEMS_MAX), 'further ones are not told', [REQUESTS]),
    built('time to live of a lease', duration(TTL_MS_MAX), '422', [REQUESTS]),
    built('filters of a list', count(FILTERS_MAX), '400', [REQUESTS]),
    built('lists that are kept ready', count(READY_LISTS_MAX), 'made anew when asked for', [
      REQUESTS,
    ]),
    built('documents of a page', count(PAGE_MAX), 'in the next page', [REQUESTS]),
    built('targets of a comparison', count(DIFF_TARGETS_MAX), 'counted only', [REQUESTS]),
    built('time that a consumer is remembered', duration(CONSUMER_MS_MAX), 'it is forgotten', [
      REQUESTS,
    ]),
  ],
  Catalogue: [
    built('entries', count(ENTRIES_MAX), 'the catalogue of before stays', [FAULTS]),
    built('file of an entry', fileSizes(), 'that file is left out', [FAULTS]),
    built('rules of an entry', count(RULES_MAX), 'the file is left out', [FAULTS]),
    built('panels of a dashboard', count(PANELS_MAX), 'further ones are not verified', [FAULTS]),
    built('queries of a dashboard', count(QUERIES_MAX), 'the same', [FAULTS]),
    built('levels of a dashboard', count(JSON_DEPTH_MAX), 'it is left out', [FAULTS]),
    built('metric families of a sample', count(SAMPLE_FAMILIES_MAX), 'it is left out', [FAULTS]),
    built('content sources of the configuration', count(SOURCES_MAX), 'refused', [
      'prometheus_config_last_reload_successful',
    ]),
    built('changes of content that wait', count(EDITS_WAITING_MAX), '503', [EDITS]),
    built('problems of one text that are told', count(TEXT_PROBLEMS_MAX), 'the first ones are', []),
    built('commits of one file that are listed', count(COMMITS_MAX), 'the newest are', []),
    built('files of the repository of edits', count(EDITED_FILES_MAX), SOURCE_STAYS, [
      SOURCE_FAILING,
    ]),
    built('bytes of these', size(EDITED_BYTES_MAX), SOURCE_STAYS, [SOURCE_FAILING]),
    built('content sources that are added', count(SOURCES_MAX), '422', [REQUESTS]),
    built('characters of a token', count(TOKEN_BYTES_MAX), '422', [REQUESTS]),
    built('files of a content source', count(SOURCE_FILES_MAX), SOURCE_STAYS, [SOURCE_FAILING]),
    built('bytes of them', size(SOURCE_BYTES_MAX), SOURCE_STAYS, [SOURCE_FAILING]),
    built('bytes that a fetch brings', size(FETCH_BYTES_MAX), SOURCE_STAYS, [SOURCE_FAILING]),
    built('bytes of one of them', size(FILE_BYTES_MAX), 'that file is left out, and told', []),
    built('connections to GitHub', count(GITHUB_CONNECTIONS_MAX), 'files wait', []),
    built('trees of a repository at GitHub', count(GITHUB_TREES_MAX), SOURCE_STAYS, [
      SOURCE_FAILING,
    ]),
    built('bytes of such a tree', size(TREE_BYTES_MAX), SOURCE_STAYS, [SOURCE_FAILING]),
    built(
      'bytes of files of GitHub that are remembered',
      size(GITHUB_REMEMBERED_BYTES_MAX),
      'the oldest are fetched again',
      [],
    ),
    built('wait that GitHub may ask for', duration(WAIT_MS_MAX), 'asked again then', [
      SOURCE_FAILING,
    ]),
    built(
      'entries of a content source',
      count(SOURCE_ENTRIES_MAX),
      'further ones are left out',
      [],
    ),
    built('installations', count(INSTALLS_MAX), '422', [REQUESTS]),
    built('targets of an installation', count(INSTALL_TARGETS_MAX), '400', [REQUESTS]),
    built('characters of its name', count(JOB_LENGTH_MAX), '400', [REQUESTS]),
    built('targets offered for one', count(CANDIDATES_MAX), 'further ones are typed', [REQUESTS]),
    built('words of a search', count(SEARCH_WORDS_MAX), 'further ones do not count', [REQUESTS]),
    built('characters of a search', count(SEARCH_LENGTH_MAX), 'the same', [REQUESTS]),
    built('looks that wait to be written', count(LOOKS_PENDING_MAX), 'not counted', [
      LOOKS_DROPPED,
    ]),
    built('looks of a day', count(VIEWERS_MAX), 'not counted', [LOOKS_DROPPED]),
    built('time that uses are kept', `${KEPT_DAYS}d`, 'they are forgotten', []),
    built(
      'entries whose age is known',
      count(LIVES_MAX),
      'the longest unchanged are forgotten',
      [],
    ),
    built('favourites of a user', count(FAVOURITES_MAX), '422', [REQUESTS]),
    built('targets told of an entry', count(FOUND_TARGETS_MAX), 'counted only', [REQUESTS]),
  ],
}

/** Each kind of file has a bound of its own. */
function fileSizes(): string {
  const bounds = Object.values(ENTRY_FILE_BYTES_MAX)
  return `${size(Math.min(...bounds))} to ${size(Math.max(...bounds))}`
}

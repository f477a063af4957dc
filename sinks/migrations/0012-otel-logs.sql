-- Log records, one row each, with the column names, types and values of the OpenTelemetry Collector's ClickHouse
-- exporter (https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/exporter/clickhouseexporter):
-- TimestampTime as it was up to 0.150, the order by time as it is since. ATI's own columns come after EventName. Bodies
-- are content: they are here only where ATI_ALLOW_LOG_BODIES lets them in, else Body is empty.
--
-- A record is itself by LogId: a hash of its bytes with its resource and scope, and its number among equal ones of its
-- batch. FINAL: a record that was delivered twice stands here twice until ClickHouse merges. Queries that count say
-- `FROM otel_logs FINAL`; uniqExact(LogId) and a look at a few records do not need it.
--
-- A record without a time has that of its observation, else of its arrival. Partitions and age are as in otel_traces:
-- see 0001.
CREATE TABLE IF NOT EXISTS {database}.otel_logs
(
    `Timestamp` DateTime64(9) CODEC(Delta(8), ZSTD(1)),
    `TimestampTime` DateTime DEFAULT toDateTime(Timestamp),
    `TraceId` String CODEC(ZSTD(1)),
    `SpanId` String CODEC(ZSTD(1)),
    `TraceFlags` UInt8,
    `SeverityText` LowCardinality(String) CODEC(ZSTD(1)),
    `SeverityNumber` UInt8,
    `ServiceName` LowCardinality(String) CODEC(ZSTD(1)),
    `Body` String CODEC(ZSTD(1)),
    `ResourceSchemaUrl` LowCardinality(String) CODEC(ZSTD(1)),
    `ResourceAttributes` Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    `ScopeSchemaUrl` LowCardinality(String) CODEC(ZSTD(1)),
    `ScopeName` String CODEC(ZSTD(1)),
    `ScopeVersion` LowCardinality(String) CODEC(ZSTD(1)),
    `ScopeAttributes` Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    `LogAttributes` Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    `EventName` String CODEC(ZSTD(1)),
    `TenantId` LowCardinality(String) CODEC(ZSTD(1)),
    `ReceivedAt` DateTime64(3) COMMENT 'when the ingest accepted it' CODEC(Delta, ZSTD(1)),
    `LogId` String COMMENT '32 hex digits' CODEC(ZSTD(1)),
    `StoredAt` DateTime DEFAULT now() CODEC(Delta, ZSTD(1)),
    INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX idx_res_attr_key mapKeys(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_scope_attr_key mapKeys(ScopeAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_scope_attr_value mapValues(ScopeAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_log_attr_key mapKeys(LogAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_log_attr_value mapValues(LogAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_body Body TYPE tokenbf_v1(32768, 3, 0) GRANULARITY 8
)
ENGINE = ReplacingMergeTree
PARTITION BY if(abs(toUnixTimestamp64Nano(Timestamp) / 1e9 - toUnixTimestamp64Milli(ReceivedAt) / 1e3) < 86400, toDate(Timestamp), toDate(0))
PRIMARY KEY (toStartOfFiveMinutes(Timestamp), ServiceName, Timestamp)
ORDER BY (toStartOfFiveMinutes(Timestamp), ServiceName, Timestamp, TenantId, LogId)
TTL toDateTime(least(toUnixTimestamp(StoredAt) + {ttlDays} * 86400, 4294967295))
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1

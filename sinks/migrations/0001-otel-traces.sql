-- Spans, one row each, with the column names, types and values of the OpenTelemetry Collector's ClickHouse exporter
-- (https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/exporter/clickhouseexporter), so that
-- Grafana, HyperDX/ClickStack and existing SQL work unchanged. ATI's own columns come after Links.
--
-- FINAL: a span that was delivered twice stands here twice until ClickHouse merges. Queries that count, sum or take
-- quantiles say `FROM otel_traces FINAL`; uniqExact(SpanId) and a look at a few spans do not need it.
--
-- Partitions are days of the span's start; Timestamp ends the key and has an index of its own, so that queries bounded
-- in time prune under FINAL too. A start more than a day off the door's clock (a broken client) goes to the
-- partition 1970-01-01, so that no client can spread one insert over hundreds of partitions. The age that the TTL
-- judges is the time of storage, so neither a wrong clock nor a replay in virtual time makes rows vanish early.
-- No aggregating views over this table: they would count re-delivered rows twice.
CREATE TABLE IF NOT EXISTS {database}.otel_traces
(
    `Timestamp` DateTime64(9) CODEC(Delta, ZSTD(1)),
    `TraceId` String CODEC(ZSTD(1)),
    `SpanId` String CODEC(ZSTD(1)),
    `ParentSpanId` String CODEC(ZSTD(1)),
    `TraceState` String CODEC(ZSTD(1)),
    `SpanName` LowCardinality(String) CODEC(ZSTD(1)),
    `SpanKind` LowCardinality(String) CODEC(ZSTD(1)),
    `ServiceName` LowCardinality(String) CODEC(ZSTD(1)),
    `ResourceAttributes` Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    `ScopeName` String CODEC(ZSTD(1)),
    `ScopeVersion` String CODEC(ZSTD(1)),
    `SpanAttributes` Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    `Duration` UInt64 CODEC(ZSTD(1)),
    `StatusCode` LowCardinality(String) CODEC(ZSTD(1)),
    `StatusMessage` String CODEC(ZSTD(1)),
    `Events` Nested
    (
        Timestamp DateTime64(9),
        Name LowCardinality(String),
        Attributes Map(LowCardinality(String), String)
    ) CODEC(ZSTD(1)),
    `Links` Nested
    (
        TraceId String,
        SpanId String,
        TraceState String,
        Attributes Map(LowCardinality(String), String)
    ) CODEC(ZSTD(1)),
    `TenantId` LowCardinality(String) CODEC(ZSTD(1)),
    `ReceivedAt` DateTime64(3) COMMENT 'when the ingest accepted it' CODEC(Delta, ZSTD(1)),
    `StoredAt` DateTime DEFAULT now() CODEC(Delta, ZSTD(1)),
    INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX idx_res_attr_key mapKeys(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_span_attr_key mapKeys(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_span_attr_value mapValues(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_timestamp Timestamp TYPE minmax GRANULARITY 1,
    INDEX idx_duration Duration TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY if(abs(toUnixTimestamp64Nano(Timestamp) / 1e9 - toUnixTimestamp64Milli(ReceivedAt) / 1e3) < 86400, toDate(Timestamp), toDate(0))
ORDER BY (ServiceName, SpanName, toDateTime(Timestamp), TenantId, TraceId, SpanId, SpanKind, Timestamp)
TTL toDateTime(least(toUnixTimestamp(StoredAt) + {ttlDays} * 86400, 4294967295))
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1

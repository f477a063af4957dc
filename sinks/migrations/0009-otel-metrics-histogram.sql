-- Data points of histograms with explicit bounds. See 0007 for what the metrics tables share. Count and Sum of a
-- cumulative one (AggregationTemporality 2) grow since StartTimeUnix: adding them up over time counts twice.
CREATE TABLE IF NOT EXISTS {database}.otel_metrics_histogram
(
    `ResourceAttributes` Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    `ResourceSchemaUrl` String CODEC(ZSTD(1)),
    `ScopeName` String CODEC(ZSTD(1)),
    `ScopeVersion` String CODEC(ZSTD(1)),
    `ScopeAttributes` Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    `ScopeDroppedAttrCount` UInt32 CODEC(ZSTD(1)),
    `ScopeSchemaUrl` String CODEC(ZSTD(1)),
    `ServiceName` LowCardinality(String) CODEC(ZSTD(1)),
    `MetricName` LowCardinality(String) CODEC(ZSTD(1)),
    `MetricDescription` String CODEC(ZSTD(1)),
    `MetricUnit` String CODEC(ZSTD(1)),
    `Attributes` Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    `StartTimeUnix` DateTime64(9) CODEC(Delta, ZSTD(1)),
    `TimeUnix` DateTime64(9) CODEC(Delta, ZSTD(1)),
    `Count` UInt64 CODEC(Delta, ZSTD(1)),
    `Sum` Float64 CODEC(ZSTD(1)),
    `BucketCounts` Array(UInt64) CODEC(ZSTD(1)),
    `ExplicitBounds` Array(Float64) CODEC(ZSTD(1)),
    `Exemplars` Nested
    (
        FilteredAttributes Map(LowCardinality(String), String),
        TimeUnix DateTime64(9),
        Value Float64,
        SpanId String,
        TraceId String
    ) CODEC(ZSTD(1)),
    `Flags` UInt32 CODEC(ZSTD(1)),
    `Min` Float64 CODEC(ZSTD(1)),
    `Max` Float64 CODEC(ZSTD(1)),
    `AggregationTemporality` Int32 CODEC(ZSTD(1)),
    `TenantId` LowCardinality(String) CODEC(ZSTD(1)),
    `ReceivedAt` DateTime64(3) COMMENT 'when the ingest accepted it' CODEC(Delta, ZSTD(1)),
    `HasSum` Bool COMMENT 'false: Sum was not sent and is 0',
    `HasMin` Bool COMMENT 'false: Min was not sent and is 0',
    `HasMax` Bool COMMENT 'false: Max was not sent and is 0',
    `SeriesId` UInt64 DEFAULT cityHash64('histogram', mapSort(ResourceAttributes), ResourceSchemaUrl, ScopeName, ScopeVersion, mapSort(ScopeAttributes), ScopeSchemaUrl, ServiceName, MetricName, MetricUnit, mapSort(Attributes), AggregationTemporality) COMMENT 'the same for all points of one series' CODEC(ZSTD(1)),
    `StoredAt` DateTime DEFAULT now() CODEC(Delta, ZSTD(1)),
    INDEX idx_res_attr_key mapKeys(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_scope_attr_key mapKeys(ScopeAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_scope_attr_value mapValues(ScopeAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_attr_key mapKeys(Attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_attr_value mapValues(Attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_time_minmax TimeUnix TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY if(abs(toUnixTimestamp64Nano(TimeUnix) / 1e9 - toUnixTimestamp64Milli(ReceivedAt) / 1e3) < 86400, toDate(TimeUnix), toDate(0))
ORDER BY (ServiceName, MetricName, toStartOfHour(TimeUnix), TenantId, SeriesId, StartTimeUnix, TimeUnix)
TTL toDateTime(least(toUnixTimestamp(StoredAt) + {ttlDays} * 86400, 4294967295))
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1

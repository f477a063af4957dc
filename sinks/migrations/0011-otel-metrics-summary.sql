-- Data points of summaries (Prometheus). See 0007 for what the metrics tables share.
CREATE TABLE IF NOT EXISTS {database}.otel_metrics_summary
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
    `ValueAtQuantiles` Nested
    (
        Quantile Float64,
        Value Float64
    ) CODEC(ZSTD(1)),
    `Flags` UInt32 CODEC(ZSTD(1)),
    `TenantId` LowCardinality(String) CODEC(ZSTD(1)),
    `ReceivedAt` DateTime64(3) COMMENT 'when the ingest accepted it' CODEC(Delta, ZSTD(1)),
    `SeriesId` UInt64 DEFAULT cityHash64('summary', mapSort(ResourceAttributes), ResourceSchemaUrl, ScopeName, ScopeVersion, mapSort(ScopeAttributes), ScopeSchemaUrl, ServiceName, MetricName, MetricUnit, mapSort(Attributes)) COMMENT 'the same for all points of one series' CODEC(ZSTD(1)),
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

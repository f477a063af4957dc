-- Closed traces: one row per tenant and trace, the greatest revision wins. Read it with FINAL (a re-opened trace stands
-- here once per revision until ClickHouse merges).
--
-- Lists are arrays of named tuples: `ARRAY JOIN Path AS p` then p.Role, or Path.Role for all of them. PathNs of a node
-- is its exclusive time on the critical path. Findings carry the id of their incident.
CREATE TABLE IF NOT EXISTS {database}.ati_traces
(
    `TenantId` LowCardinality(String),
    `TraceId` String,
    `Revision` UInt32,
    `Partial` Bool COMMENT 'closed at the hard cap, without a root',
    `RootSpanId` String,
    `RootService` LowCardinality(String),
    `RootAgent` LowCardinality(String),
    `RootOperation` LowCardinality(String),
    `Start` DateTime64(9),
    `Duration` UInt64 COMMENT 'ns',
    `SpanCount` UInt32,
    `ErrorCount` UInt32,
    `Path` Array(Tuple(SpanId String, Role LowCardinality(String), Service LowCardinality(String), Operation LowCardinality(String), StartNs Int64, EndNs Int64, Type LowCardinality(String))) CODEC(ZSTD(1)),
    `Nodes` Array(Tuple(Id UInt32, Role LowCardinality(String), Service LowCardinality(String), Agent LowCardinality(String), Operation LowCardinality(String), Count UInt32, Errors UInt32, TotalNs Int64, PathNs Int64)) CODEC(ZSTD(1)),
    `Edges` Array(Tuple(From UInt32, To UInt32, Count UInt32, Type LowCardinality(String))) CODEC(ZSTD(1)),
    `Findings` Array(Tuple(Kind LowCardinality(String), IncidentId String, Severity LowCardinality(String), Agent String, Operation String, Signature String, Root Bool, Evidence Array(Tuple(Name String, Value Float64, Unit String)), Timeline Array(Tuple(Label String, StartMs Float64, DurationMs Float64, Outcome String)), Explanation String, Recommendations Array(Tuple(Action String, Text String)))) CODEC(ZSTD(1)),
    `SourcePartition` UInt32 COMMENT 'partition of ati.spans',
    `SourceOffset` Int64,
    `SourceClock` DateTime64(3) COMMENT 'the partition clock when this revision was emitted',
    `StoredAt` DateTime DEFAULT now(),
    INDEX idx_kinds Findings.Kind TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(Revision)
PARTITION BY if(abs(toUnixTimestamp64Nano(Start) / 1e9 - toUnixTimestamp64Milli(SourceClock) / 1e3) < 86400, toDate(Start), toDate(0))
ORDER BY (TenantId, TraceId)
TTL toDateTime(least(toUnixTimestamp(StoredAt) + {ttlDays} * 86400, 4294967295))
SETTINGS ttl_only_drop_parts = 1

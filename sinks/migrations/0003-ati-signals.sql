-- One trace's facts and findings about one agent operation; the greatest revision wins. Read it with FINAL.
CREATE TABLE IF NOT EXISTS {database}.ati_signals
(
    `TenantId` LowCardinality(String),
    `Scope` LowCardinality(String) COMMENT 'operation, or instance (then Operation is the service.instance.id)',
    `Agent` LowCardinality(String),
    `Operation` LowCardinality(String),
    `EventTime` DateTime64(3) COMMENT 'end of the trace''s root; fixed by the first revision',
    `TraceId` String,
    `Revision` UInt32,
    `Calls` UInt32,
    `Errors` UInt32,
    `DurationMs` Float64,
    `Facts` Array(Tuple(Kind LowCardinality(String), Callee String, `Values` Array(Tuple(Name String, Value Float64, Unit String)))) CODEC(ZSTD(1)),
    `Findings` Array(Tuple(Kind LowCardinality(String), IncidentId String, Severity LowCardinality(String), Agent String, Operation String, Signature String, Root Bool, Evidence Array(Tuple(Name String, Value Float64, Unit String)), Timeline Array(Tuple(Label String, StartMs Float64, DurationMs Float64, Outcome String)), Explanation String, Recommendations Array(Tuple(Action String, Text String)))) CODEC(ZSTD(1)),
    `SourcePartition` UInt32 COMMENT 'partition of ati.spans',
    `SourceOffset` Int64,
    `SourceClock` DateTime64(3),
    `StoredAt` DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree(Revision)
PARTITION BY toDate(EventTime)
ORDER BY (TenantId, Agent, Operation, Scope, EventTime, TraceId)
TTL toDateTime(least(toUnixTimestamp(StoredAt) + {ttlDays} * 86400, 4294967295))
SETTINGS ttl_only_drop_parts = 1

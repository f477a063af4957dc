-- Count, errors and latencies of every operation in slots of twelve minutes, so that /v1/operations over a day reads a row
-- for thousands of spans (docs/adr/0023-operations-rolled-up-afterwards.md). The API fills it once a slot has been quiet
-- for ten minutes, from otel_traces FINAL: a span that was delivered twice counts once. Right is a row whose Marks are the
-- RolledUp of its slot in ati_operation_marks; what changed since then is asked of the spans.
CREATE TABLE IF NOT EXISTS {database}.ati_operations
(
    `TenantId` LowCardinality(String),
    `Slot` Int64 COMMENT 'its start, unix seconds; 720 s long',
    `Marks` UInt64 COMMENT 'Rows of the slot in ati_operation_marks when it was computed',
    `ServiceName` LowCardinality(String),
    `SpanName` LowCardinality(String),
    `Spans` UInt64,
    `Errors` UInt64,
    `Durations` AggregateFunction(quantilesDD(0.01, 0.5, 0.95, 0.99), UInt64) COMMENT 'ns; within 1 % of the value' CODEC(ZSTD(1)),
    `StoredAt` DateTime COMMENT 'of the last span in it'
)
ENGINE = ReplacingMergeTree
ORDER BY (TenantId, Slot, Marks, ServiceName, SpanName)
TTL toDateTime(least(toUnixTimestamp(StoredAt) + {ttlDays} * 86400, 4294967295));

-- How often each slot of otel_traces has been written to: a row that comes, again or late, makes its slot another one.
CREATE TABLE IF NOT EXISTS {database}.ati_operation_marks
(
    `TenantId` LowCardinality(String),
    `Slot` Int64,
    `Rows` SimpleAggregateFunction(sum, UInt64) COMMENT 'inserted ever, twice where delivered twice',
    `RolledUp` SimpleAggregateFunction(max, UInt64) COMMENT 'Rows of which ati_operations has all operations',
    `StoredAt` SimpleAggregateFunction(max, DateTime)
)
ENGINE = AggregatingMergeTree
ORDER BY (TenantId, Slot)
TTL toDateTime(least(toUnixTimestamp(StoredAt) + {ttlDays} * 86400, 4294967295));

-- It counts inserts, not spans, so re-delivery does no harm.
CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.ati_operation_marking TO {database}.ati_operation_marks AS
SELECT TenantId, intDiv(toUnixTimestamp64Milli(CAST(Timestamp, 'DateTime64(3)')), 720000) * 720 AS Slot,
    count() AS Rows, toUInt64(0) AS RolledUp, now() AS StoredAt
FROM {database}.otel_traces
GROUP BY TenantId, Slot

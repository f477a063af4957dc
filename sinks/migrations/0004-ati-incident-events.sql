-- Every event of every incident. Read it with FINAL where you count (an event that was delivered twice stands here
-- twice until ClickHouse merges). The view ati_incidents has the last event of each and needs no FINAL.
CREATE TABLE IF NOT EXISTS {database}.ati_incident_events
(
    `TenantId` LowCardinality(String),
    `IncidentId` String,
    `Revision` UInt32,
    `Event` LowCardinality(String) COMMENT 'opened, updated, resolved, retracted',
    `Kind` LowCardinality(String),
    `Severity` LowCardinality(String),
    `Episode` UInt32,
    `Settled` Bool COMMENT 'false: provisional, before its window closed',
    `Agent` String,
    `Operation` String,
    `Signature` String,
    `WindowStart` DateTime64(3),
    `WindowEnd` DateTime64(3),
    `OpenedAt` DateTime64(3),
    `At` DateTime64(3) COMMENT 'logical time of this event',
    `Title` String,
    `Explanation` String,
    `Evidence` Array(Tuple(Name String, Value Float64, Unit String)),
    `Timeline` Array(Tuple(Label String, StartMs Float64, DurationMs Float64, Outcome String)),
    `Recommendations` Array(Tuple(Action String, Text String)),
    `ExemplarTraceIds` Array(String),
    `AffectedTraces` UInt32,
    `ThresholdsDigest` String,
    `ContentDigest` String,
    `StoredAt` DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree
ORDER BY (TenantId, IncidentId, Revision)
TTL toDateTime(least(toUnixTimestamp(StoredAt) + {ttlDays} * 86400, 4294967295))

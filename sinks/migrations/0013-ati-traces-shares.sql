-- What owns the critical path, most path time first (schemas/events.ts PathShare): `ARRAY JOIN Shares AS s` then s.Operation,
-- s.PathNs. The times of a trace's shares sum to its path's length. Traces stored before have none until they are replayed.
-- ExplainedBy has an entry for each of Findings: the incident that explains it, empty for a root.
ALTER TABLE {database}.ati_traces
    ADD COLUMN IF NOT EXISTS `Shares` Array(Tuple(Type LowCardinality(String), Role LowCardinality(String), Service LowCardinality(String), Agent LowCardinality(String), Operation LowCardinality(String), Instance String, CallerService LowCardinality(String), CallerOperation LowCardinality(String), Spans UInt32, Errors UInt32, PathNs Int64, DragNs Int64)) DEFAULT [] CODEC(ZSTD(1)) AFTER `Insights`,
    ADD COLUMN IF NOT EXISTS `ExplainedBy` Array(String) DEFAULT [] CODEC(ZSTD(1)) AFTER `Findings`

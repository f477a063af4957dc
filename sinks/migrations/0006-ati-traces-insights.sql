-- What a trace alone reveals, one question each (schemas/events.ts INSIGHT_KINDS): written with its summary from now on.
-- Traces stored before have none; a re-opened one gets them with its next revision. Adding a column with a default
-- rewrites no data.
ALTER TABLE {database}.ati_traces
    ADD COLUMN IF NOT EXISTS `Insights` Array(Tuple(Kind LowCardinality(String), Found Bool, Agent String, Operation String, Answer String, Evidence Array(Tuple(Name String, Value Float64, Unit String)), Timeline Array(Tuple(Label String, StartMs Float64, DurationMs Float64, Outcome String)))) DEFAULT [] CODEC(ZSTD(1)) AFTER `Findings`

-- A trace by id: the key finds a granule in every part, with some thousand traces of a few KB; this index leaves those
-- parts out that do not have the trace. Parts of before get it with their next merge.
ALTER TABLE {database}.ati_traces
    ADD INDEX IF NOT EXISTS idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1

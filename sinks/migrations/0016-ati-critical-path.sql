-- The critical path of closed traces: a row for each trace and each share of it (schemas/events.ts PathShare). No FINAL
-- needed: of a trace only the greatest revision is there, so sums and counts count nothing twice. A trace's PathNs sum to
-- its path's length. A view, not a table that is filled as rows come: a trace that closes again would stand in that with
-- both revisions.
--
-- Say a range of `Start`: days outside it are not read. FINAL alone would read them all, since a replaced row may lie in
-- another partition; hence the setting. Its price: a trace whose later revision starts on another day (a late span that
-- began before midnight, before its root) would count with both.
CREATE OR REPLACE VIEW {database}.ati_critical_path AS
SELECT
    TenantId,
    TraceId,
    Start,
    Duration,
    RootService,
    RootAgent,
    RootOperation,
    Partial,
    ErrorCount,
    s.Type AS Type,
    s.Role AS Role,
    s.Service AS Service,
    s.Agent AS Agent,
    s.Operation AS Operation,
    s.Instance AS Instance,
    s.CallerService AS CallerService,
    s.CallerOperation AS CallerOperation,
    s.Spans AS Spans,
    s.Errors AS Errors,
    s.PathNs AS PathNs,
    s.DragNs AS DragNs
FROM {database}.ati_traces FINAL
ARRAY JOIN Shares AS s
SETTINGS do_not_merge_across_partitions_select_final = 1

-- Incidents as they are now: the last event of each, by (Episode, WindowEnd, Settled, Revision). No FINAL needed.
CREATE VIEW IF NOT EXISTS {database}.ati_incidents AS
SELECT
    multiIf(Event = 'resolved', 'resolved', Event = 'retracted', 'retracted', 'open') AS State,
    *
FROM {database}.ati_incident_events
ORDER BY Episode DESC, WindowEnd DESC, Settled DESC, Revision DESC
LIMIT 1 BY TenantId, IncidentId

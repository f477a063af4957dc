-- Incidents as they are now: the event with the greatest revision of each. No FINAL needed.
CREATE VIEW IF NOT EXISTS {database}.ati_incidents AS
SELECT
    multiIf(Event = 'resolved', 'resolved', Event = 'retracted', 'retracted', 'open') AS State,
    *
FROM {database}.ati_incident_events
ORDER BY Revision DESC
LIMIT 1 BY TenantId, IncidentId

-- The view again: its `*` was expanded when it was made, and the events have more columns now.
CREATE OR REPLACE VIEW {database}.ati_incidents AS
SELECT
    multiIf(Event = 'resolved', 'resolved', Event = 'retracted', 'retracted', 'open') AS State,
    *
FROM {database}.ati_incident_events
ORDER BY Revision DESC
LIMIT 1 BY TenantId, IncidentId

-- Which trace the evidence is of, what the incident explains, and what an operator did with it. Events stored before have
-- none of it.
ALTER TABLE {database}.ati_incident_events
    ADD COLUMN IF NOT EXISTS `EvidenceTraceId` String DEFAULT '' COMMENT 'empty: the evidence is of a window' AFTER `ContentDigest`,
    ADD COLUMN IF NOT EXISTS `Explains` Array(Tuple(IncidentId String, Kind String, Agent String, Operation String, Signature String)) DEFAULT [] AFTER `EvidenceTraceId`,
    ADD COLUMN IF NOT EXISTS `AcknowledgedBy` String DEFAULT '' AFTER `Explains`,
    ADD COLUMN IF NOT EXISTS `AcknowledgedAt` DateTime64(3) DEFAULT 0 COMMENT '1970: nobody has' AFTER `AcknowledgedBy`,
    ADD COLUMN IF NOT EXISTS `MutedUntil` DateTime64(3) DEFAULT 0 COMMENT '1970: not muted' AFTER `AcknowledgedAt`,
    ADD COLUMN IF NOT EXISTS `Note` String DEFAULT '' COMMENT 'the last one of an operator' AFTER `MutedUntil`

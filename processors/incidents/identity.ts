import { hash } from 'node:crypto';
import type { FindingKind } from '#schemas/events.ts';

/** What makes two findings the same incident. No trace id, time or measured value is in it. */
export interface IncidentKey {
  readonly kind: FindingKind;
  readonly tenant: string;
  /** Root agent, normalised. */
  readonly agent: string;
  /** The root's operation, normalised. */
  readonly operation: string;
  /** The normalised callee. */
  readonly signature: string;
}

/** A change of the encoding or of what a field means gets a new version, so that old ids never mean new things. */
const VERSION = 1;

/**
 * The id of an incident: the first 32 hex digits of the SHA-256 of a JSON array of its parts (JSON quotes every part,
 * so no two keys encode alike).
 */
export function incidentId(key: IncidentKey): string {
  const parts = ['ati-incident', VERSION, key.kind, key.tenant, key.agent, key.operation, key.signature];
  return hash('sha256', JSON.stringify(parts), 'hex').slice(0, 32);
}

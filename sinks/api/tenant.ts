/** Whose data a request reads. Without tokens there is one tenant, as at the ingest. */
export const DEFAULT_TENANT = 'default';

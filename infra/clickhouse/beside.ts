/** The databases that ATI makes beside an installation's own. They hold nothing that is not in it, or was to get into it. */

/** Views of its tables, as one tenant sees them (sql-tenant.ts). */
export const tenantViewsOf = (database: string): string => `${database}_by_tenant`;

/** Tables that a replay fills before it swaps them in; left behind where it was killed. */
export const replayTablesOf = (database: string): string => `${database}__replay`;

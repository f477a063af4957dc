import { ROLES, type Role } from './view.ts';

/** Index into ROLES. */
export const ROLE: Readonly<Record<Role, number>> = Object.fromEntries(
  ROLES.map((role, index) => [role, index]),
) as Record<Role, number>;

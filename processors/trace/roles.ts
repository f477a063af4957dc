import { ROLES, type Role } from './view.ts';

/** Index into ROLES. */
export const ROLE: Readonly<Record<Role, number>> = Object.fromEntries(
  ROLES.map((role, index) => [role, index]),
) as Record<Role, number>;

/** The span is an agent's own: its invocation, its planning or a piece of its work. */
export const isAgent = (role: number): boolean =>
  role === ROLE.agent || role === ROLE.planner || role === ROLE.worker;

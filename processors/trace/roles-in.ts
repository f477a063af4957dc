/** Which roles a trace has at all: what only some of them lead to need not be looked for in each row. */
import { oncePerView } from './once-per-view.ts';
import type { TraceView } from './view.ts';

/** A bit for each role, see `ROLE`. */
const rolesIn = oncePerView(({ n, role }) => {
  let roles = 0;
  for (let row = 0; row < n; row++) roles |= 1 << role[row];
  return roles;
});

/** True where any row of the view has the role. */
export const hasRole = (view: TraceView, role: number): boolean => ((rolesIn(view) >> role) & 1) === 1;

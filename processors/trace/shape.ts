/** Roles of spans that state none and whose names say nothing, by what they call. */
import type { Tree } from './parents.ts';
import { KIND } from './parents.ts';
import { isAgent, ROLE } from './roles.ts';
import { keptUint8s } from './scratch.ts';

const keptWithin = keptUint8s();

function calls(role: Uint8Array, tree: Tree, row: number, wanted: number): boolean {
  for (let at = tree.offset[row]; at < tree.offset[row + 1]; at++)
    if (role[tree.children[at]] === wanted) return true;
  return false;
}

/**
 * A root that calls others is a workflow. What thinks and acts, having both chat and tool calls of its own, is an agent,
 * unless it is a request on the wire (client, producer) or part of an agent that says it is one: that one's loop may be
 * wrapped in spans as it likes. Changes `role`, indexes into ROLES.
 */
export function rolesByShape(role: Uint8Array, tree: Tree, kind: Uint8Array, root: number): void {
  const within = keptWithin(role.length); // 1 within an agent that says so
  const { topDown } = tree;
  for (let i = 0; i < topDown.length; i++) {
    const row = topDown[i];
    const parent = tree.parent[row];
    const stated = isAgent(role[row]);
    within[row] = stated || (parent >= 0 && within[parent] === 1) ? 1 : 0;
    if (role[row] !== ROLE.other || tree.offset[row + 1] === tree.offset[row]) continue;
    if (row === root) role[row] = ROLE.workflow;
    else if (within[row] === 0 && kind[row] !== KIND.client && kind[row] !== KIND.producer)
      if (calls(role, tree, row, ROLE.chat) && calls(role, tree, row, ROLE.tool)) role[row] = ROLE.agent;
  }
}

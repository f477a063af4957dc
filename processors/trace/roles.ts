/**
 * What a span does in a multi-agent system, from attributes or its name. The tables stand apart because the GenAI
 * conventions are not stable.
 */
import { ROLES, type Role } from './view.ts';

/** Index into ROLES. */
export const ROLE: Readonly<Record<Role, number>> = Object.fromEntries(
  ROLES.map((role, index) => [role, index]),
) as Record<Role, number>;

/** OpenTelemetry GenAI semantic conventions: `gen_ai.operation.name`. */
const GEN_AI_OPERATIONS: Readonly<Record<string, Role>> = {
  invoke_agent: 'agent',
  create_agent: 'agent',
  invoke_workflow: 'workflow',
  execute_tool: 'tool',
  retrieval: 'tool',
  embeddings: 'tool',
  chat: 'chat',
  text_completion: 'chat',
  generate_content: 'chat',
  plan: 'planner',
};

/** OpenInference: `openinference.span.kind`. CHAIN, GUARDRAIL, EVALUATOR and PROMPT are glue: the name decides. */
const OPENINFERENCE_KINDS: Readonly<Record<string, Role>> = {
  AGENT: 'agent',
  TOOL: 'tool',
  RETRIEVER: 'tool',
  RERANKER: 'tool',
  EMBEDDING: 'tool',
  LLM: 'chat',
};

const NAMES: readonly (readonly [RegExp, Role])[] = [
  [/^(workflow|invoke_workflow)\b/i, 'workflow'],
  [/^(planner|plan)\b/i, 'planner'],
  [/^worker\b/i, 'worker'],
  [/^(invoke_agent|create_agent|agent)\b/i, 'agent'],
  [/^(tool_call|execute_tool|tool)\b/i, 'tool'],
  [/^(chat|text_completion|generate_content|llm)\b/i, 'chat'],
  [/^checkpoint\b/i, 'checkpoint'],
  [/^token_stream\b/i, 'stream'],
  [/^(human|human_input|human_review|human_approval|wait_for_human)\b/i, 'human'],
];

export interface RoleHints {
  /** `ati.role`. */
  readonly own: string | undefined;
  /** `gen_ai.operation.name`. */
  readonly genAi: string | undefined;
  /** `openinference.span.kind`. */
  readonly openInference: string | undefined;
}

/** The role that attributes declare, the most specific convention first; -1 where none does. */
export function declaredRole(hints: RoleHints): number {
  if (hints.own !== undefined && Object.hasOwn(ROLE, hints.own)) return ROLE[hints.own as Role];
  if (hints.genAi !== undefined && Object.hasOwn(GEN_AI_OPERATIONS, hints.genAi))
    return ROLE[GEN_AI_OPERATIONS[hints.genAi]];
  if (hints.openInference !== undefined && Object.hasOwn(OPENINFERENCE_KINDS, hints.openInference))
    return ROLE[OPENINFERENCE_KINDS[hints.openInference]];
  return -1;
}

/** The role that a span's name suggests; `other` where it says nothing. */
export function roleOfName(name: string): number {
  for (const [pattern, role] of NAMES) if (pattern.test(name)) return ROLE[role];
  return ROLE.other;
}

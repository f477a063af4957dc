/**
 * Names of semantic conventions, and how their values map to ATI's span roles. Isolated here, since the GenAI
 * conventions are not stable yet.
 *
 * Sources: OpenTelemetry semantic conventions, their GenAI part (github.com/open-telemetry/semantic-conventions-genai,
 * in development), OpenInference, and ATI's own `ati.*`.
 */

/** Attribute keys that ATI reads. */
export const ATTR = {
  // Resource
  SERVICE_NAME: 'service.name',
  SERVICE_INSTANCE_ID: 'service.instance.id',
  SERVICE_NAMESPACE: 'service.namespace',
  SERVICE_VERSION: 'service.version',
  HOST_NAME: 'host.name',
  K8S_POD_NAME: 'k8s.pod.name',
  CONTAINER_ID: 'container.id',
  // GenAI
  GEN_AI_OPERATION_NAME: 'gen_ai.operation.name',
  GEN_AI_AGENT_NAME: 'gen_ai.agent.name',
  GEN_AI_AGENT_ID: 'gen_ai.agent.id',
  GEN_AI_TOOL_NAME: 'gen_ai.tool.name',
  GEN_AI_TOOL_ARGUMENTS: 'gen_ai.tool.call.arguments',
  GEN_AI_REQUEST_MODEL: 'gen_ai.request.model',
  GEN_AI_USAGE_INPUT_TOKENS: 'gen_ai.usage.input_tokens',
  GEN_AI_USAGE_OUTPUT_TOKENS: 'gen_ai.usage.output_tokens',
  // OpenInference
  OPENINFERENCE_SPAN_KIND: 'openinference.span.kind',
  OPENINFERENCE_AGENT_NAME: 'agent.name',
  OPENINFERENCE_TOOL_NAME: 'tool.name',
  OPENINFERENCE_TOOL_PARAMETERS: 'tool.parameters',
  INPUT_VALUE: 'input.value',
  // HTTP, errors
  HTTP_METHOD: 'http.request.method',
  HTTP_STATUS_CODE: 'http.response.status_code',
  /** Ordinal of a resend: 1 on the first retry, absent on the first attempt. */
  HTTP_RESEND_COUNT: 'http.request.resend_count',
  SERVER_ADDRESS: 'server.address',
  SERVER_PORT: 'server.port',
  ERROR_TYPE: 'error.type',
  EXCEPTION_TYPE: 'exception.type',
  // ATI
  /** One of ATI_ROLES. */
  ATI_ROLE: 'ati.role',
  /** Salted hash of a call's arguments, made at the door. */
  ATI_ARGS_HASH: 'ati.args_hash',
  /** Attempt of a logical operation, from 1. */
  ATI_ATTEMPT: 'ati.attempt',
  /** Array of ints: when each chunk came, ms from the span's start. */
  ATI_STREAM_TOKEN_OFFSETS: 'ati.stream.token_offsets_ms',
  /** Declared interval between chunks, ms. */
  ATI_STREAM_INTERVAL: 'ati.stream.interval_ms',
} as const;

/** What tells one instance of a service from another, in the order of trust. */
export const INSTANCE_KEYS = [
  ATTR.SERVICE_INSTANCE_ID,
  ATTR.HOST_NAME,
  ATTR.K8S_POD_NAME,
  ATTR.CONTAINER_ID,
] as const;

/** What a span is in an agent's work; the same names as processors' ROLES. */
export type SpanRole =
  | 'other'
  | 'workflow'
  | 'agent'
  | 'planner'
  | 'worker'
  | 'chat'
  | 'tool'
  | 'checkpoint'
  | 'stream'
  | 'human';

/** `ati.role` → role. */
export const ATI_ROLES: Readonly<Record<string, SpanRole>> = {
  workflow: 'workflow',
  agent: 'agent',
  planner: 'planner',
  worker: 'worker',
  chat: 'chat',
  tool: 'tool',
  checkpoint: 'checkpoint',
  stream: 'stream',
  human: 'human',
};

/** `gen_ai.operation.name` → role. */
export const GEN_AI_OPERATIONS: Readonly<Record<string, SpanRole>> = {
  invoke_workflow: 'workflow',
  invoke_agent: 'agent',
  create_agent: 'agent',
  plan: 'planner',
  execute_tool: 'tool',
  retrieval: 'tool',
  create_memory: 'tool',
  search_memory: 'tool',
  update_memory: 'tool',
  upsert_memory: 'tool',
  delete_memory: 'tool',
  create_memory_store: 'tool',
  delete_memory_store: 'tool',
  embeddings: 'chat',
  chat: 'chat',
  text_completion: 'chat',
  generate_content: 'chat',
};

/** `openinference.span.kind` (upper case) → role. GUARDRAIL, EVALUATOR and PROMPT are an agent's own work: no role. */
export const OPENINFERENCE_KINDS: Readonly<Record<string, SpanRole>> = {
  CHAIN: 'workflow',
  AGENT: 'agent',
  TOOL: 'tool',
  RETRIEVER: 'tool',
  RERANKER: 'tool',
  LLM: 'chat',
  DECISION: 'chat',
  EMBEDDING: 'chat',
};

/** Span name (lower case) → role: for spans without any of the attributes above. */
export const NAMES: Readonly<Record<string, SpanRole>> = {
  workflow: 'workflow',
  agent: 'agent',
  planner: 'planner',
  plan: 'planner',
  worker: 'worker',
  chat: 'chat',
  tool: 'tool',
  tool_call: 'tool',
  checkpoint: 'checkpoint',
  token_stream: 'stream',
  human_review: 'human',
  human_approval: 'human',
};

/** The role that a span's attributes state, most specific convention first; undefined: judge by name and shape. */
export function roleOfAttributes(
  atiRole: unknown,
  operationName: unknown,
  openInferenceKind: unknown,
): SpanRole | undefined {
  return (
    lookup(ATI_ROLES, atiRole) ??
    lookup(GEN_AI_OPERATIONS, operationName) ??
    lookup(
      OPENINFERENCE_KINDS,
      typeof openInferenceKind === 'string' ? openInferenceKind.toUpperCase() : undefined,
    )
  );
}

/** The role that a span's name suggests: a whole name, or its first word (`execute_tool search`). */
export function roleOfName(name: string): SpanRole | undefined {
  const lower = name.toLowerCase();
  const word = lower.split(/[\s:]/, 1)[0];
  return lookup(NAMES, lower) ?? lookup(NAMES, word) ?? lookup(GEN_AI_OPERATIONS, word);
}

function lookup(table: Readonly<Record<string, SpanRole>>, key: unknown): SpanRole | undefined {
  return typeof key === 'string' && Object.hasOwn(table, key) ? table[key] : undefined;
}

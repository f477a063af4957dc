/** What each span is called and does: as processors/trace/describe.ts says it, read from objects. */

import { ROLE } from '#processors/trace/roles.ts';
import { ATTR, INSTANCE_KEYS, roleOfAttributes, roleOfName } from '#schemas/semconv.ts';
import type { Strings } from './detection/trace/intern.ts';
import { normalise, qualified } from './detection/trace/normalise.ts';
import type { Attributes, Span } from './span.ts';

/** Names are indexes into the strings. */
export interface Described {
  readonly name: number;
  readonly operation: number;
  readonly callee: number;
  readonly service: number;
  readonly instance: number;
  /** 0 where the span names none. */
  readonly ownAgent: number;
  readonly role: number;
}

function text(attributes: Attributes, key: string): string | undefined {
  const value = attributes[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function roleOf({ attributes, name }: Span): number {
  const declared =
    roleOfAttributes(attributes[ATTR.ATI_ROLE], undefined, undefined) ??
    roleOfAttributes(
      undefined,
      attributes[ATTR.GEN_AI_OPERATION_NAME],
      attributes[ATTR.OPENINFERENCE_SPAN_KIND],
    );
  return ROLE[declared ?? roleOfName(name) ?? 'other'];
}

function agentOf({ attributes, name }: Span, role: number): string {
  const stated = text(attributes, ATTR.GEN_AI_AGENT_NAME);
  if (stated !== undefined || role !== ROLE.agent) return stated ?? '';
  return (
    text(attributes, ATTR.OPENINFERENCE_AGENT_NAME) ??
    /^(?:invoke_agent|create_agent)\s+(.+)$/.exec(name)?.[1] ??
    ''
  );
}

function instanceOf(resource: Attributes): string {
  for (const key of INSTANCE_KEYS) {
    const instance = text(resource, key);
    if (instance !== undefined) return instance;
  }
  return '';
}

/** `operations`: of the names that were met before in the trace, most of which are met again. */
export function describeSpan(span: Span, strings: Strings, operations: Map<string, string>): Described {
  const { attributes, resource } = span;
  let operation = operations.get(span.name);
  if (operation === undefined) {
    operation = normalise(span.name);
    operations.set(span.name, operation);
  }
  const role = roleOf(span);
  const tool = text(attributes, ATTR.GEN_AI_TOOL_NAME) ?? text(attributes, ATTR.OPENINFERENCE_TOOL_NAME);
  const callee = role === ROLE.tool && tool !== undefined ? qualified(operation, normalise(tool)) : operation;
  return {
    name: strings.add(span.name),
    operation: strings.add(operation),
    callee: strings.add(callee),
    service: strings.add(text(resource, ATTR.SERVICE_NAME) ?? 'unknown_service'),
    instance: strings.add(instanceOf(resource)),
    ownAgent: strings.add(agentOf(span, role)),
    role,
  };
}

/** The JSON of what all signals have in common: groups by resource and scope, attributes and their values. */
import { AnyValue, ENVELOPE, KeyValue, Resource, Scope, VALUES } from '../fields.ts';
import { JsonMessage, Kind } from './message.ts';

/** A `oneof`. */
const present = true;

export const ANY_VALUE = new JsonMessage();
const KEY_VALUE = new JsonMessage({
  key: [Kind.text, KeyValue.key],
  value: [Kind.message, KeyValue.value, { message: ANY_VALUE }],
});
ANY_VALUE.define({
  stringValue: [Kind.text, AnyValue.string, { present }],
  boolValue: [Kind.bool, AnyValue.bool, { present }],
  intValue: [Kind.int64, AnyValue.int, { present }],
  doubleValue: [Kind.double, AnyValue.double, { present }],
  bytesValue: [Kind.base64, AnyValue.bytes, { present }],
  arrayValue: [Kind.nested, AnyValue.array, { message: listOf(ANY_VALUE) }],
  kvlistValue: [Kind.nested, AnyValue.kvlist, { message: listOf(KEY_VALUE) }],
});

/** An ArrayValue or a KeyValueList. */
function listOf(message: JsonMessage): JsonMessage {
  return new JsonMessage({ values: [Kind.messages, VALUES, { message }] });
}

/** The KeyValues of a message. */
export const attributes = (tag: number) => [Kind.messages, tag, { message: KEY_VALUE }] as const;

const RESOURCE = new JsonMessage({
  attributes: attributes(Resource.attributes),
  droppedAttributesCount: [Kind.uint32, Resource.droppedAttributesCount],
});
const SCOPE = new JsonMessage({
  name: [Kind.text, Scope.name],
  version: [Kind.text, Scope.version],
  attributes: attributes(Scope.attributes),
  droppedAttributesCount: [Kind.uint32, Scope.droppedAttributesCount],
});

/** The names of a signal's lists: `resourceSpans`, `scopeSpans`, `spans`. */
interface GroupNames {
  readonly resources: string;
  readonly scopes: string;
  readonly members: string;
}

/** The export request of a signal. */
export function exportOf(names: GroupNames, message: JsonMessage): JsonMessage {
  const scopes = new JsonMessage({
    scope: [Kind.message, ENVELOPE.scope, { message: SCOPE }],
    [names.members]: [Kind.messages, ENVELOPE.members, { message }],
    schemaUrl: [Kind.text, ENVELOPE.schemaUrl],
  });
  const resources = new JsonMessage({
    resource: [Kind.message, ENVELOPE.resource, { message: RESOURCE }],
    [names.scopes]: [Kind.messages, ENVELOPE.scopes, { message: scopes }],
    schemaUrl: [Kind.text, ENVELOPE.schemaUrl],
  });
  return new JsonMessage({ [names.resources]: [Kind.messages, ENVELOPE.resources, { message: resources }] });
}

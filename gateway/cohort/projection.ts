import {
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';
import type { Position } from '../../schema/log-entry.ts';
import type { SubscriptionEvent, Timelines } from '../ports.ts';
import type { Selection } from '../subscribing/plan.ts';

/** Makes an event's payload without executing anything; null where only the executor can say what it is. */
export type Projection = (event: SubscriptionEvent) => Buffer | null;

/** What is compiled, and what it is about. */
interface Compiled extends Selection {
  readonly schema: GraphQLSchema;
}

/** What goes with every event: fields that are carried may read it. */
interface Given {
  readonly tenant: string;
  readonly cursor: (position: Position) => string;
}

/** Writes a value as JSON. Throws where the value is not one of its type. */
type Write = (value: unknown, given: Given) => string;

/**
 * Compiles a subscription's selection to a function from event to JSON text, byte for byte what executing it gives, if
 * every selected field only reads what the event carries: a field without a resolver, or one whose
 * `extensions.carried` says how to read it from its source. Null if some field needs more than that.
 */
export function compileProjection(
  schema: GraphQLSchema,
  selected: Selection,
  timelines: Pick<Timelines, 'cursor'>,
): Projection | null {
  const { operation, fragments, variables } = selected;
  const root = schema.getSubscriptionType();
  if (!root) return null;
  const [only, ...more] = collectFields(schema, fragments, variables, root, operation.selectionSet);
  if (!only || more.length > 0) return null;
  const [key, nodes] = only;
  const field = nodes[0] && root.getFields()[nodes[0].name.value];
  // Its value is the event: a root field that makes something else of it has no such mark.
  if (!field || !carriedReader(field)) return null;
  const write = valueWriter({ ...selected, schema }, field.type, nodes);
  if (!write) return null;
  const head = `{"data":{${JSON.stringify(key)}:`;
  return (event) => {
    const { tenant } = event;
    const given = { tenant, cursor: (position: Position) => timelines.cursor(tenant, position) };
    try {
      return Buffer.from(`${head}${write(event, given)}}}`, 'utf8');
    } catch {
      // A value that is not what the schema promises: how that is told to clients is the executor's to say.
      return null;
    }
  };
}

function objectWriter(
  selection: Compiled,
  type: GraphQLObjectType,
  nodes: readonly FieldNode[],
): Write | null {
  const { schema, fragments, variables } = selection;
  if (type.isTypeOf) return null;
  const fields: { readonly head: string; readonly write: Write }[] = [];
  for (const [key, same] of collectSubfields(schema, fragments, variables, type, nodes)) {
    const write = fieldWriter(selection, type, same);
    if (!write) return null;
    fields.push({ head: `${fields.length === 0 ? '{' : ','}${JSON.stringify(key)}:`, write });
  }
  if (fields.length === 0) return () => '{}';
  return (source, given) => {
    let text = '';
    for (const { head, write } of fields) text += head + write(source, given);
    return `${text}}`;
  };
}

function fieldWriter(
  selection: Compiled,
  parent: GraphQLObjectType,
  nodes: readonly FieldNode[],
): Write | null {
  const name = nodes[0]?.name.value ?? '';
  if (name === '__typename') {
    const text = JSON.stringify(parent.name);
    return () => text;
  }
  const field = parent.getFields()[name];
  if (!field || field.args.length > 0) return null;
  const read = readerOf(field);
  const write = read && valueWriter(selection, field.type, nodes);
  return write && ((source, given) => write(read(source, given), given));
}

type Read = (source: unknown, given: Given) => unknown;

function readerOf(field: GraphQLField<unknown, unknown>): Read | null {
  const { name } = field;
  if (field.resolve) return carriedReader(field);
  return (source) => (source as Readonly<Record<string, unknown>>)[name];
}

function carriedReader({ extensions }: GraphQLField<unknown, unknown>): Read | null {
  const read = extensions.carried;
  return typeof read === 'function' ? (read as Read) : null;
}

/** Completes values as the GraphQL specification has it (6.4.3), as long as they are what the type says. */
function valueWriter(
  selection: Compiled,
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
): Write | null {
  if (isNonNullType(type)) {
    const write = valueWriter(selection, type.ofType, nodes);
    return write && ((value, given) => write(value ?? notCarried(), given));
  }
  const write = presentWriter(selection, type, nodes);
  return write && ((value, given) => (value === null || value === undefined ? 'null' : write(value, given)));
}

function presentWriter(
  selection: Compiled,
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
): Write | null {
  if (isListType(type)) {
    const write = valueWriter(selection, type.ofType, nodes);
    return (
      write &&
      ((value, given) =>
        Array.isArray(value) ? `[${value.map((item) => write(item, given)).join(',')}]` : notCarried())
    );
  }
  if (isLeafType(type))
    return (value) => JSON.stringify(type.serialize(value) ?? notCarried()) ?? notCarried();
  const write = isObjectType(type) ? objectWriter(selection, type, nodes) : null;
  return write && ((value, given) => (isPlain(value) ? write(value, given) : notCarried()));
}

/** A promise or an error stands for something else than itself. */
function isPlain(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !('then' in value) && !(value instanceof Error);
}

function notCarried(): never {
  throw new TypeError('The value is not one of its type.');
}

import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';

/** Scalars by which something can be named or found. */
const NAMING = ['ID', 'String', 'Cursor', 'Decimal', 'DateTime', 'JSON', 'Position'];

/** A place where a client can put a value: `Query.streams(where.name.eq)`. */
export interface Place {
  readonly coordinate: string;
  readonly parent: GraphQLObjectType;
  readonly field: GraphQLField<unknown, unknown>;
  readonly path: readonly string[];
}

/** Every such place of the schema, in every field that has arguments. `and`, `or` and `not` are walked once. */
export function placesOf(schema: GraphQLSchema): readonly Place[] {
  return Object.values(schema.getTypeMap()).flatMap((parent) => {
    if (!isObjectType(parent) || isIntrospectionType(parent)) return [];
    return Object.values(parent.getFields()).flatMap((field) =>
      field.args.flatMap(({ name, type }) =>
        pathsOf(type, [name], []).map((path) => ({
          ...{ parent, field, path },
          coordinate: `${parent.name}.${field.name}(${path.join('.')})`,
        })),
      ),
    );
  });
}

function pathsOf(
  type: GraphQLInputType,
  path: readonly string[],
  above: readonly string[],
): (readonly string[])[] {
  const named = getNamedType(type);
  if (!isInputObjectType(named)) return NAMING.includes(named.name) ? [path] : [];
  if (above.includes(named.name)) return [];
  return Object.values(named.getFields()).flatMap((field) =>
    pathsOf(field.type, [...path, field.name], [...above, named.name]),
  );
}

/** Arguments that put `value` at a place and, where something else is required, what `fill` gives for its path. */
export function argumentsWith(
  { field }: Place,
  path: readonly string[],
  value: string,
  fill: (path: readonly string[]) => unknown,
): Record<string, unknown> {
  return objectWith(field.args, [], path, value, fill);
}

function objectWith(
  fields: readonly Pick<GraphQLArgument, 'name' | 'type'>[],
  at: readonly string[],
  path: readonly string[],
  value: string,
  fill: (path: readonly string[]) => unknown,
): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const { name, type } of fields) {
    const isOnTheWay = path[at.length] === name && at.every((part, index) => path[index] === part);
    if (isOnTheWay || isNonNullType(type)) {
      const here = [...at, name];
      given[name] = valueWith(type, here, isOnTheWay ? path : [], value, fill);
    }
  }
  return given;
}

function valueWith(
  type: GraphQLInputType,
  at: readonly string[],
  path: readonly string[],
  value: string,
  fill: (path: readonly string[]) => unknown,
): unknown {
  const bare = getNullableType(type);
  if (isListType(bare)) return [valueWith(bare.ofType, at, path, value, fill)];
  if (isInputObjectType(bare)) return objectWith(Object.values(bare.getFields()), at, path, value, fill);
  if (path.length === at.length) return value;
  return isEnumType(bare) ? bare.getValues()[0]?.name : fill(at);
}

/** Everything below a type, as deep as it goes without arguments. */
export function selectionOf(type: GraphQLOutputType, schema: GraphQLSchema, depth = 4): string {
  const named = getNamedType(type);
  if (!isCompositeType(named)) return '';
  if (depth === 0) return '{ __typename }';
  const fields = isObjectType(named) || isInterfaceType(named) ? Object.values(named.getFields()) : [];
  const inner = fields
    .filter(({ args }) => args.length === 0)
    .map((field) => `${field.name} ${selectionOf(field.type, schema, depth - 1)}`);
  return `{ __typename ${inner.join(' ')} }`;
}

/** The text of an operation that calls a root field, or a field of a stream by way of `stream(name: $own)`. */
export function operationOf({ parent, field }: Place, schema: GraphQLSchema): string {
  const variables = field.args.map(({ name, type }) => `$${name}: ${type}`).join(', ');
  const given = field.args.map(({ name }) => `${name}: $${name}`).join(', ');
  const call = `${field.name}(${given}) ${selectionOf(field.type, schema)}`;
  if (parent.name === 'Stream') return `query(${variables}, $own: String) { stream(name: $own) { ${call} } }`;
  return `${parent.name.toLowerCase()}(${variables}) { ${call} }`;
}

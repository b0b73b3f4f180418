import { readFile } from 'node:fs/promises';
import {
  astFromValue,
  buildSchema,
  findBreakingChanges,
  findDangerousChanges,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  print,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { EXAMPLES } from './graphiql.ts';
import { Operations } from './operations.ts';
import { schema } from './schema.ts';
import { DEFAULT_API_SETTINGS } from './settings.ts';

const contract = buildSchema(await readFile(new URL('./testing/contract.graphql', import.meta.url), 'utf8'));

describe('the public schema', () => {
  it('has every field, argument and default of the contract, with the same type', () => {
    const mine = new Set(describeSchema(schema));
    expect(describeSchema(contract).filter((line) => !mine.has(line))).toEqual([]);
  });

  it('breaks nobody who wrote against the contract', () => {
    expect(findBreakingChanges(contract, schema)).toEqual([]);
    expect(
      findDangerousChanges(contract, schema).filter(({ type }) => type === 'ARG_DEFAULT_VALUE_CHANGE'),
    ).toEqual([]);
  });

  it('describes every type, field, argument and value', () => {
    expect(undescribed(schema)).toEqual([]);
  });

  it.each(EXAMPLES.map(({ query }) => query))('runs what GraphiQL opens with: %s', (query) => {
    expect(new Operations(schema, DEFAULT_API_SETTINGS).prepare(query).kind).toBe('Document');
  });
});

/** One line for each thing that a client can see. */
function describeSchema(described: GraphQLSchema): string[] {
  return Object.values(described.getTypeMap()).flatMap((type) => {
    if (isIntrospectionType(type)) return [];
    if (isEnumType(type)) return type.getValues().map(({ name }) => `${type.name}.${name}`);
    if (isInputObjectType(type)) {
      return Object.values(type.getFields()).map((field) => `${type.name}.${field.name}: ${input(field)}`);
    }
    if (!isObjectType(type) && !isInterfaceType(type)) return [`scalar ${type.name}`];
    return [
      ...type.getInterfaces().map(({ name }) => `${type.name} implements ${name}`),
      ...Object.values(type.getFields()).flatMap((field) => [
        `${type.name}.${field.name}: ${field.type}`,
        ...field.args.map((arg) => `${type.name}.${field.name}(${arg.name}: ${input(arg)})`),
      ]),
    ];
  });
}

function input({
  type,
  defaultValue,
}: {
  type: Parameters<typeof astFromValue>[1];
  defaultValue?: unknown;
}): string {
  const literal = defaultValue === undefined ? null : astFromValue(defaultValue, type);
  return `${type}${literal ? ` = ${print(literal)}` : ''}`;
}

function undescribed(described: GraphQLSchema): string[] {
  const schemaItself = described.description ? [] : ['schema'];
  return schemaItself.concat(undescribedTypes(described));
}

function undescribedTypes(described: GraphQLSchema): string[] {
  return Object.values(described.getTypeMap()).flatMap((type) => {
    if (isIntrospectionType(type) || ['String', 'Int', 'Float', 'Boolean', 'ID'].includes(type.name))
      return [];
    const own = type.description ? [] : [type.name];
    if (isEnumType(type)) return [...own, ...bare(type.name, type.getValues())];
    if (isInputObjectType(type)) return [...own, ...bare(type.name, Object.values(type.getFields()))];
    if (!isObjectType(type) && !isInterfaceType(type)) return own;
    const fields = Object.values(type.getFields());
    const args = fields.flatMap((field) => bare(`${type.name}.${field.name}`, field.args));
    return [...own, ...bare(type.name, fields), ...args];
  });
}

interface Described {
  readonly name: string;
  readonly description?: string | null | undefined;
}

function bare(of: string, things: readonly Described[]): string[] {
  return things.filter(({ description }) => !description).map(({ name }) => `${of}.${name}`);
}

import {
  type ConstArgumentNode,
  GraphQLError,
  Kind,
  print,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql';
import { formatTime } from '../../schema/time.ts';
import { builder } from './builder.ts';

/**
 * `Decimal` and `DateTime` take any JSON and hand its text through, so that one bad item of a batch is that item's
 * error and not the whole request's; filters and single values are judged where they are used.
 */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Literals keep the digits they are written with: no float in between. */
function textOfLiteral(node: ValueNode): string {
  return node.kind === Kind.STRING || node.kind === Kind.INT || node.kind === Kind.FLOAT
    ? node.value
    : print(node);
}

function string(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new GraphQLError(`Expected a text, not ${JSON.stringify(value)}.`);
}

function integer(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new GraphQLError(`Expected an integer, not ${JSON.stringify(value)}.`);
}

builder.scalarType('DateTime', {
  description:
    'A time: ISO 8601 in UTC with milliseconds, such as 2026-01-31T12:00:00.000Z. Input may use any zone.',
  serialize: formatTime,
  parseValue: textOf,
  parseLiteral: textOfLiteral,
});

builder.scalarType('Decimal', {
  description:
    'An exact decimal as a text, such as "12.5": up to 35 digits before and 30 after the point. Input may be a number.',
  serialize: string,
  parseValue: textOf,
  parseLiteral: textOfLiteral,
});

builder.scalarType('Cursor', {
  description: 'A place in the log, opaque: what comes after it can be asked for later.',
  serialize: string,
  parseValue: string,
});

builder.scalarType('Position', {
  description: 'A place in the log as an integer, which can be beyond 32 bits.',
  serialize: integer,
  parseValue: integer,
});

builder.scalarType('JSON', {
  description: 'Any JSON value.',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node: ConstArgumentNode['value'] | ValueNode, variables) =>
    valueFromASTUntyped(node, variables),
});

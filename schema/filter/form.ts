import type { CanonicalDecimal } from '../decimal.ts';
import type { EpochMs } from '../time.ts';

/** The operators of the internal form. On `tags`, `contains` is membership; on text it is "has this substring". */
export type FilterOp = 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte' | 'in' | 'contains';

/** How a field compares: `text` and `tags` byte for byte, `decimal` exactly, `time` in epoch ms. */
export type FieldKind = 'text' | 'tags' | 'decimal' | 'time';

/** Fields that conditions may name, by what the filter is about. Paths are those of the topic's document. */
export const FILTER_FIELDS = {
  stream: {
    'stream.uuid': 'text',
    'stream.name': 'text',
    'stream.author': 'text',
    'stream.secondary': 'text',
    'stream.target': 'text',
    'stream.tags': 'tags',
  },
  observation: {
    'stream.uuid': 'text',
    'stream.name': 'text',
    'stream.author': 'text',
    'stream.secondary': 'text',
    'stream.target': 'text',
    'stream.tags': 'tags',
    value: 'decimal',
    observedAt: 'time',
    provider: 'text',
    hash: 'text',
  },
  prediction: {
    'stream.uuid': 'text',
    'stream.name': 'text',
    'stream.author': 'text',
    'stream.secondary': 'text',
    'stream.target': 'text',
    'stream.tags': 'tags',
    'peer.publicKey': 'text',
  },
  lineage: {
    'lineage.kind': 'text',
    'lineage.instance': 'text',
    'lineage.streams': 'tags',
  },
} as const satisfies Record<string, Record<string, FieldKind>>;

/** What a filter is about. */
export type FilterSubject = keyof typeof FILTER_FIELDS;
export type FilterField = { [S in FilterSubject]: keyof (typeof FILTER_FIELDS)[S] }[FilterSubject];

/** `text` and `tags` take strings, `decimal` canonical decimals (strings too), `time` epoch ms. */
export type FilterScalar = string | CanonicalDecimal | EpochMs;

export interface Condition {
  readonly kind: 'is';
  readonly field: FilterField;
  readonly op: Exclude<FilterOp, 'in'>;
  readonly value: FilterScalar;
}
export interface Membership {
  readonly kind: 'is';
  readonly field: FilterField;
  readonly op: 'in';
  readonly value: readonly FilterScalar[];
}

/**
 * The internal form of a filter: what the registry stores, the streamer matches and SQL is made from.
 * A field without a value satisfies `ne` and nothing else. `and` of nothing is everything, `or` of nothing is nothing.
 */
export type Filter =
  | Condition
  | Membership
  | { readonly kind: 'and'; readonly of: readonly Filter[] }
  | { readonly kind: 'or'; readonly of: readonly Filter[] }
  | { readonly kind: 'not'; readonly of: Filter };

/** The filter that everything satisfies. */
export const EVERYTHING: Filter = { kind: 'and', of: [] };

/** Joins filters by `and`, without needless nesting. */
export function allOf(filters: readonly Filter[]): Filter {
  const parts = filters.flatMap((filter) => (filter.kind === 'and' ? filter.of : [filter]));
  return parts.length === 1 && parts[0] ? parts[0] : { kind: 'and', of: parts };
}

/** Conditions in one filter. */
export const MAX_CONDITIONS = 256;
/** Values of one `in`. */
export const MAX_IN_VALUES = 1_000;
/** Most values of all conditions of a filter: a statement of Postgres takes 65,535 parameters. */
export const MAX_VALUES = 20_000;
/** Levels of `and`, `or`, `not`. */
export const MAX_DEPTH = 16;
/** Characters of a text to compare with. */
export const MAX_TEXT = 1_000;

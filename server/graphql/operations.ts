import { type DocumentNode, GraphQLError, type GraphQLSchema, specifiedRules, validate } from 'graphql';
import { LeastRecentlyUsed } from './least-recently-used.ts';
import { limitRules, parseWithin } from './limits.ts';
import { coded } from './mask-error.ts';
import { ReadingTime } from './reading-time.ts';
import type { ApiSettings } from './settings.ts';

/** Longest text whose parsed form is kept: longer ones carry values and won't come again. */
const MAX_CACHED_TEXT = 10_000;

/** Parses and validates operations within the API's limits, the same way for every transport. */
export class Operations {
  readonly #schema: GraphQLSchema;
  readonly #settings: ApiSettings;
  readonly #rules;
  readonly #valid: LeastRecentlyUsed<DocumentNode>;
  readonly #time: ReadingTime;

  constructor(schema: GraphQLSchema, settings: ApiSettings) {
    this.#schema = schema;
    this.#settings = settings;
    this.#rules = [...specifiedRules, ...limitRules(settings)];
    this.#valid = new LeastRecentlyUsed(settings.cachedCharacters);
    this.#time = new ReadingTime(settings.maxReadingMs);
  }

  /** What `prepare` made of the same text before, if that is still kept. */
  known(text: string): DocumentNode | undefined {
    return this.#valid.get(text);
  }

  /**
   * A document that may be executed. Throws `TOO_COMPLEX`, `LIMITED` where reading what this address sends has taken too
   * long, or an `AggregateError` of GraphQL errors with the codes
   * `GRAPHQL_PARSE_FAILED` or `GRAPHQL_VALIDATION_FAILED`.
   */
  prepare(text: string, address?: string): DocumentNode {
    return this.#valid.get(text) ?? this.#time.take(address, () => this.#read(text));
  }

  #read(text: string): DocumentNode {
    const document = this.#parse(text);
    const errors = validate(this.#schema, document, this.#rules, { maxErrors: 20 });
    if (errors.length > 0) {
      throw new AggregateError(
        errors.map((error) => coded('GRAPHQL_VALIDATION_FAILED', error.message, error)),
        'The operation does not fit the schema.',
      );
    }
    if (text.length <= MAX_CACHED_TEXT) this.#valid.set(text, document);
    return document;
  }

  #parse(text: string): DocumentNode {
    try {
      return parseWithin(this.#settings, text);
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      throw new AggregateError([coded('GRAPHQL_PARSE_FAILED', error.message, error)], error.message);
    }
  }
}

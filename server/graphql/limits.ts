import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { MaxTokensParserWLexer } from '@escape.tech/graphql-armor-max-tokens';
import type { DocumentNode, GraphQLError, ValidationRule } from 'graphql';
import { PresageError } from '../../schema/errors.ts';
import type { ApiSettings } from './settings.ts';

/** Parses an operation of bounded length. Throws `TOO_COMPLEX`, or what graphql-js throws for bad syntax. */
export function parseWithin(settings: ApiSettings, text: string): DocumentNode {
  const parser = new MaxTokensParserWLexer(text, {
    n: settings.maxTokens,
    exposeLimits: true,
    errorMessage: '',
    propagateOnRejection: true,
    onAccept: [],
    onReject: [tooComplex('Put values into variables, or split the operation.')],
  });
  return parser.parseDocument();
}

/** Rules that bound the shape of an operation; cost needs variables and is checked by the complexity plugin. */
export function limitRules(settings: ApiSettings): readonly ValidationRule[] {
  return [
    maxDepthRule({
      n: settings.maxDepth,
      flattenFragments: true,
      ignoreIntrospection: true,
      onReject: [tooComplex('Ask for less in one operation.')],
    }),
    maxAliasesRule({ n: settings.maxAliases, onReject: [tooComplex('Send several operations.')] }),
  ];
}

/** The answer to an operation whose cost is past the limit. */
export function tooCostly(cost: number, limit: number | undefined): PresageError {
  return new PresageError(
    'TOO_COMPLEX',
    `This operation costs ${cost}, more than the limit of ${limit}; ask for smaller pages or fewer fields.`,
  );
}

/** Thrown out of the rule, so that no time is spent on what else may be wrong with the operation. */
function tooComplex(wayOut: string): (context: unknown, error: GraphQLError) => never {
  return (_context, error) => {
    throw new PresageError('TOO_COMPLEX', `${error.message.replace(/^Syntax Error: /, '')} ${wayOut}`);
  };
}

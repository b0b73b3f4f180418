import { fromSymbols } from '../../../schema/filter/from-symbols.ts';
import { toWhere } from '../../../schema/filter/to-where.ts';
import type { Ask } from '../contract-client.ts';

/** What was asked for as variables of the GraphQL transports. A filter that is none is handed on, to be refused. */
export function variablesOf({
  filter = [],
  after,
  snapshot,
  ready,
  includeData,
}: Ask): Record<string, unknown> {
  return {
    where: whereOf(filter),
    after: after ?? null,
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(ready === undefined ? {} : { ready }),
    ...(includeData === undefined ? {} : { includeData }),
  };
}

function whereOf(filter: readonly string[]): object {
  try {
    return toWhere(fromSymbols('observation', filter));
  } catch {
    return { value: { gt: 'no number' } };
  }
}

/** The first code among GraphQL errors. */
export function codeOf(errors: unknown): string {
  if (!Array.isArray(errors)) return 'GONE';
  const [first]: { readonly extensions?: { readonly code?: unknown } }[] = errors;
  return String(first?.extensions?.code ?? 'no code');
}

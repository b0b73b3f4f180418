import type { z } from 'zod';

/** A GraphQL document with the types of what goes in and what comes out; answers are checked, not believed. */
export interface Operation<Result, Variables extends object> {
  readonly text: string;
  readonly result: z.ZodType<Result>;
  /** Only there for its type. */
  readonly variables?: (variables: Variables) => void;
}

/** Makes an operation: `operation<Variables>()(text, result)`. */
export function operation<Variables extends object>() {
  return <Result>(text: string, result: z.ZodType<Result>): Operation<Result, Variables> => ({
    text,
    result,
  });
}

import type { ExecutionResult } from 'graphql';
import { errorsOf } from '../request-errors.ts';

/** A result as the JSON that goes to clients, with errors that nobody could expect masked. */
export function serialiseResult(result: ExecutionResult, onUnexpected: (error: unknown) => string): Buffer {
  const shown = result.errors ? { ...result, errors: errorsOf(result.errors, onUnexpected) } : result;
  return Buffer.from(JSON.stringify(shown), 'utf8');
}

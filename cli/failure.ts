import { type ErrorCode, PresageError } from '../schema/errors.ts';
import { explainFailure } from '../server/domain/log/unavailable.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

const USAGE_CODES: readonly ErrorCode[] = ['BAD_INPUT', 'BAD_FILTER', 'BAD_CURSOR'];

/** System errors that people can cure by themselves; their message names the file or the address. */
const SYSTEM_CODES = /^E[A-Z]{3,}$/;

/** What stderr says about an error, and the exit code. Expected ones take one line; a bug shows where it is. */
export function describeFailure(error: unknown): { readonly text: string; readonly exitCode: ExitCode } {
  if (error instanceof PresageError) {
    const exitCode = USAGE_CODES.includes(error.code) ? EXIT.usage : EXIT.failure;
    return { text: `presage: ${error.message}`, exitCode };
  }
  if (!(error instanceof Error)) return { text: `presage: ${String(error)}`, exitCode: EXIT.failure };
  const code = 'code' in error ? String(error.code) : '';
  if (SYSTEM_CODES.test(code)) return { text: `presage: ${error.message}`, exitCode: EXIT.failure };
  if (explainFailure(error) instanceof PresageError) {
    const text = `presage: the database does not answer as it should: ${error.message}; check that it runs, and start again.`;
    return { text, exitCode: EXIT.failure };
  }
  return {
    text: `presage: this is a bug in Presage; please report it with what follows.\n${error.stack ?? error.message}`,
    exitCode: EXIT.failure,
  };
}

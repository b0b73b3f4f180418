import { PresageError } from '../../schema/errors.ts';

/** The config can't be used. Every problem is listed, one line each. */
export class ConfigError extends PresageError {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    super(
      'BAD_INPUT',
      [`The configuration has ${count}:`, ...problems.map((line) => `  ${line}`)].join('\n'),
    );
    this.problems = problems;
  }
}

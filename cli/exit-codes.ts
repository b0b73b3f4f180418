/** What a command's exit code means; `presage --help` says the same. */
export const EXIT = {
  ok: 0,
  /** It could not be done, or not all of it. */
  failure: 1,
  /** The command line, the configuration or a file given to it is wrong: nothing was done. */
  usage: 2,
  /** Interrupted before it was done. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

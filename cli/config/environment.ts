/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The process's environment: the only place where `process.env` is read. */
export function environment(): Environment {
  return process.env;
}

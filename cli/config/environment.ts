/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The process's environment: the only place where `process.env` is read. */
export function environment(): Environment {
  return process.env;
}

// Libraries decide when they are loaded whether to check their own use at every call, GraphQL's at more than half of
// what an observation costs. Who develops Presage sets it to "development".
process.env.NODE_ENV ??= 'production';

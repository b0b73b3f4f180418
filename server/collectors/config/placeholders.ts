const PLACEHOLDER = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

export interface Filled {
  readonly value: unknown;
  /** Paths of texts that name variables which are not set, with the names. */
  readonly missing: readonly { readonly path: readonly (string | number)[]; readonly variable: string }[];
}

/** Puts environment variables into every text of a document that names them as `${NAME}`, so that no secret stands in it. */
export function fillPlaceholders(
  document: unknown,
  environment: Readonly<Record<string, string | undefined>>,
): Filled {
  const missing: { path: readonly (string | number)[]; variable: string }[] = [];
  const fill = (value: unknown, path: readonly (string | number)[]): unknown => {
    if (typeof value === 'string') {
      return value.replace(PLACEHOLDER, (_, variable: string) => {
        const found = environment[variable];
        if (found === undefined || found === '') missing.push({ path, variable });
        return found ?? '';
      });
    }
    if (Array.isArray(value)) return value.map((item, index) => fill(item, [...path, index]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, [...path, key])]));
  };
  return { value: fill(document, []), missing };
}

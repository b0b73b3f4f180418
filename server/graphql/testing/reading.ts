/** What stands at a path such as `streams.edges.0.node` of what a server answered. Throws where it leads nowhere. */
export function at(answer: unknown, path: string): unknown {
  return path.split('.').reduce((value, key) => {
    if (typeof value !== 'object' || value === null || !(key in value)) {
      throw new TypeError(`there is no "${key}" of ${path} in ${JSON.stringify(value)}`);
    }
    return Reflect.get(value, key);
  }, answer);
}

/** The text at a path. */
export function textAt(answer: unknown, path: string): string {
  const value = at(answer, path);
  if (typeof value === 'string') return value;
  throw new TypeError(`${path} is ${JSON.stringify(value)}, which is no text`);
}

/** The list at a path. */
export function listAt(answer: unknown, path: string): readonly unknown[] {
  const value = at(answer, path);
  if (Array.isArray(value)) return value;
  throw new TypeError(`${path} is ${JSON.stringify(value)}, which is no list`);
}

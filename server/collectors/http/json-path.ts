import type { JsonText } from './json-text.ts';

/**
 * Reads a path into JSON: `data.price`, `data[0].price`, or, for keys with dots and brackets in them, a JSON Pointer
 * (RFC 6901) such as `/a.b/0`. `undefined` if it is none.
 */
export function parsePath(path: string): readonly string[] | undefined {
  if (path.startsWith('/')) {
    const parts = path.slice(1).split('/');
    return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  }
  if (!/^(?:[^.[\]]+|\[\d+\])(?:\.[^.[\]]+|\[\d+\])*$/.test(path)) return undefined;
  return path.match(/[^.[\]]+/g) ?? undefined;
}

/** What is at a path, or `undefined`. */
export function valueAt(json: JsonText, path: readonly string[]): JsonText | undefined {
  let at: JsonText | undefined = json;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = Object.entries(at).find(([name]) => name === key)?.[1];
  }
  return at;
}

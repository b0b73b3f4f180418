import type { Document } from 'yaml';

/** What a document of YAML without errors holds; a problem where its aliases multiply without bound or go round in a circle. */
export function yamlTree(document: Document): { readonly value: unknown } | { readonly problem: string } {
  try {
    const value: unknown = document.toJS();
    // Finds circles, which nobody who reads the value on looks out for.
    JSON.stringify(value);
    return { value };
  } catch {
    return {
      problem: 'its aliases (*name) come to too much, or lead in a circle; write out what they stand for',
    };
  }
}

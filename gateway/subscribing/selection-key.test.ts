import { type FieldNode, getOperationAST, Kind, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { selectionKey } from './selection-key.ts';

function keyOf(query: string, variables: Record<string, unknown> = {}, operationName?: string): string {
  const document = parse(query);
  const operation = getOperationAST(document, operationName);
  if (!operation) throw new Error('no operation');
  const roots = operation.selectionSet.selections.filter((one): one is FieldNode => one.kind === Kind.FIELD);
  return selectionKey(document, operation, new Set(roots), variables);
}

describe('the selection key', () => {
  it('is the same whatever the root field’s arguments and the variables only they use', () => {
    const one = keyOf('subscription ($w: W) { observations(where: $w) { type } }', { w: 1 });
    const other = keyOf('subscription ($x: Cursor) { observations(after: $x, ready: true) { type } }', {
      x: 'c',
    });
    expect(other).toBe(one);
  });

  it('differs by alias, selection, fragment and the variables that the selection uses', () => {
    const text = (more: string) => `subscription ($t: String = "d") { ${more} }
      fragment F on E { echo(text: $t) }`;
    const keys = [
      keyOf(text('observations { ...F }'), { t: 'a' }),
      keyOf(text('observations { ...F }'), { t: 'b' }),
      keyOf(text('observations { ...F }'), { t: null }),
      keyOf(text('observations { ...F }')),
      keyOf(text('observations { ...F }').replace('"d"', '"e"')),
      keyOf(text('o: observations { ...F }'), { t: 'a' }),
      keyOf(text('observations { type ...F }'), { t: 'a' }),
      keyOf(text('observations @include(if: $t) { ...F }'), { t: 'a' }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('takes nothing of other operations in the document', () => {
    const both = 'subscription A { observations { type } } subscription B { observations { id } }';
    expect(keyOf(both, {}, 'A')).toBe(keyOf('subscription A { observations { type } }'));
  });
});

import fc from 'fast-check';
import { type FieldNode, getOperationAST, Kind, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { SubscriptionEvent } from '../ports.ts';
import { TestExecutor } from '../testing/executor.ts';
import { selectionKey } from './selection-key.ts';

const READY: SubscriptionEvent = {
  ...{ type: 'READY', tenant: 'main', topic: 'observation', position: 1, key: null, timestamp: 0 },
  document: null,
};

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

  it('is the same for no two whose payloads differ, whatever their variables are called', async () => {
    const executor = new TestExecutor();
    const names = fc.constantFrom('t', 'constructor', 'toString', 'hasOwnProperty', 'valueOf');
    const subscription = fc.record({
      name: names,
      fallback: fc.constantFrom('', ' = "d"', ' = null'),
      given: fc.constantFrom<object>({}, { value: null }, { value: 'a' }, { value: 'd' }),
      argument: fc.constantFrom('', '(after: "c")', '(ready: true)'),
      alias: fc.constantFrom('', 'mine: '),
      part: fc.constantFrom('echo(text: $NAME)', '...F', '... @include(if: true) { e: echo(text: $NAME) }'),
    });
    type Drawn = typeof subscription extends fc.Arbitrary<infer T> ? T : never;
    const made = async ({ name, fallback, given, argument, alias, part }: Drawn) => {
      const fragment = part === '...F' ? 'fragment F on ObservationEvent { echo(text: $NAME) }' : '';
      const query =
        `subscription ($NAME: String${fallback}) { ${alias}observations${argument} { type ${part} } } ${fragment}`.replaceAll(
          '$NAME',
          `$${name}`,
        );
      const variables = 'value' in given ? { [name]: given.value } : {};
      const result = await executor.executeEvent(
        executor.prepare({ query }),
        { query, variables },
        null,
        READY,
      );
      return { key: keyOf(query, variables), payload: JSON.stringify(result) };
    };
    await fc.assert(
      fc.asyncProperty(subscription, subscription, async (one, other) => {
        // Often of the same text, as it is those that can be taken for each other.
        const [first, second] = await Promise.all([
          made(one),
          made({ ...other, name: one.name, part: one.part }),
        ]);
        if (first.key === second.key) expect(second.payload).toBe(first.payload);
      }),
      { numRuns: 2_000, seed: 3 },
    );
  });

  it('takes nothing of other operations in the document', () => {
    const both = 'subscription A { observations { type } } subscription B { observations { id } }';
    expect(keyOf(both, {}, 'A')).toBe(keyOf('subscription A { observations { type } }'));
  });
});

import fc from 'fast-check';
import {
  execute,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  getOperationAST,
  getVariableValues,
  isInterfaceType,
  isObjectType,
  parse,
  validate,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { compileProjection, type Projection } from '../../gateway/cohort/projection.ts';
import { serialiseResult } from '../../gateway/cohort/serialise.ts';
import type { SubscriptionEvent } from '../../gateway/ports.ts';
import { fragmentsOf } from '../../gateway/subscribing/fragments.ts';
import { encodeCursor } from '../../schema/cursor.ts';
import type {
  ConsensusDocument,
  ObservationDocument,
  PeerDocument,
  PredictionDocument,
  StreamDocument,
} from '../../schema/log-entry.ts';
import { schema } from '../../server/graphql/schema.ts';

const TENANT = 'a "tenant"';
const VARIABLES = { yes: true, no: false };
/** What takes the database; everything else that an event leads to is carried by it. */
const NOT_CARRIED = new Set(['latest', 'consensus', 'observations', 'score', 'scores', 'skill']);

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const time = fc.integer({ min: 0, max: 4_000_000_000_000 });
const position = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const decimal = fc.constantFrom('0', '-1.5', '12345678901234567890.000000001');
const stream: fc.Arbitrary<StreamDocument> = fc.record({
  serverId: fc.nat(2_000_000),
  uuid: fc.uuid(),
  name: text,
  author: text,
  secondary: fc.option(text),
  target: fc.option(text),
  meta: fc.option(text),
  description: fc.option(text),
  tags: fc.array(text, { maxLength: 3 }),
  cadenceSeconds: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
  createdAt: time,
  archivedAt: fc.option(time),
});
const observation: fc.Arbitrary<ObservationDocument> = fc.record({
  stream,
  position,
  value: decimal,
  observedAt: time,
  ts: time,
  hash: text,
  provider: text,
  revision: fc.nat(9),
  retracted: fc.boolean(),
});
const peer: fc.Arbitrary<PeerDocument> = fc.record({
  id: fc.nat(),
  publicKey: text,
  name: fc.option(text),
  role: fc.constantFrom('READER', 'PEER', 'OPERATOR'),
  createdAt: time,
});
const quantiles = fc.array(fc.record({ level: fc.double({ min: 0, max: 1, noNaN: true }), value: decimal }), {
  maxLength: 2,
});
const common = { position, stream, base: observation, value: decimal, quantiles, revision: fc.nat(9) };
const prediction: fc.Arbitrary<PredictionDocument> = fc.record({
  ...common,
  id: position,
  peer,
  horizon: fc.integer({ min: 1, max: 9 }),
  submittedAt: time,
});
const consensus: fc.Arbitrary<ConsensusDocument> = fc.record({
  ...common,
  contributors: fc.nat(9),
  updatedAt: time,
});
const DOCUMENTS = { observation, prediction, consensus };
const ROOTS = { observation: 'observations', prediction: 'predictions', consensus: 'consensus' } as const;

function arbitraryEvent(topic: keyof typeof DOCUMENTS): fc.Arbitrary<SubscriptionEvent> {
  return fc.record({
    type: fc.constantFrom('READY', 'SNAPSHOT', 'CREATE', 'UPDATE', 'DELETE'),
    tenant: fc.constant(TENANT),
    topic: fc.constant(topic),
    position,
    key: fc.option(text),
    timestamp: time,
    document: fc.option<SubscriptionEvent['document']>(DOCUMENTS[topic], { freq: 8 }),
  });
}

/** Random documents: aliases, nested fields, inline and named fragments on objects and interfaces, directives. */
class Writer {
  readonly fragments: string[] = [];
  readonly #pick: (below: number) => number;

  constructor(pick: (below: number) => number) {
    this.#pick = pick;
  }

  document(topic: keyof typeof DOCUMENTS): string {
    const root = schema.getSubscriptionType()?.getFields()[ROOTS[topic]];
    if (!root) throw new Error(`there is no ${topic}`);
    const key = this.#pick(2) === 0 ? `mine: ${root.name}` : root.name;
    const selection = this.#selection(object(root.type), 4);
    return [`subscription ($yes: Boolean!, $no: Boolean!) { ${key} ${selection} }`, ...this.fragments].join(
      '\n',
    );
  }

  #selection(type: GraphQLObjectType, depth: number): string {
    const count = 1 + this.#pick(5);
    return `{ __typename ${Array.from({ length: count }, () => this.#part(type, depth)).join(' ')} }`;
  }

  #part(type: GraphQLObjectType, depth: number): string {
    const kind = depth > 0 ? this.#pick(8) : 7;
    if (kind === 0) return `... ${this.#on(type)} ${this.#directive()} ${this.#selection(type, depth - 1)}`;
    if (kind === 1) {
      const name = `F${this.fragments.length}`;
      this.fragments.push('');
      const body = this.#selection(type, depth - 1);
      this.fragments[Number(name.slice(1))] = `fragment ${name} on ${type.name} ${body}`;
      return `...${name} ${this.#directive()}`;
    }
    if (kind === 2) return this.#ofInterface(type);
    return this.#field(type, depth);
  }

  #field(type: GraphQLObjectType, depth: number): string {
    const fields = Object.values(type.getFields()).filter(
      ({ name, type: of }) => !NOT_CARRIED.has(name) && (depth > 0 || !isObjectType(getNamedType(of))),
    );
    const field = fields[this.#pick(fields.length)];
    if (!field) return '__typename';
    // Few aliases, so that fields of the same key merge.
    const alias = this.#pick(3) === 0 ? `${field.name}${this.#pick(2)}: ` : '';
    const inner = getNamedType(field.type);
    const selection = isObjectType(inner) ? this.#selection(inner, depth - 1) : '';
    return `${alias}${field.name} ${this.#directive()} ${selection}`;
  }

  /** Fields of an interface that the type has, and of a type that it is not. */
  #ofInterface(type: GraphQLObjectType): string {
    const [one] = type.getInterfaces();
    return one ? `... on ${one.name} { id __typename }` : '__typename';
  }

  #on(type: GraphQLObjectType): string {
    return this.#pick(2) === 0 ? `on ${type.name}` : '';
  }

  #directive(): string {
    const directives = ['@skip(if: $yes)', '@include(if: $no)', '@include(if: true)', '@skip(if: $no)'];
    return directives[this.#pick(12)] ?? '';
  }
}

function object(type: GraphQLOutputType): GraphQLObjectType {
  const named: GraphQLNamedType = getNamedType(type);
  if (!isObjectType(named)) throw new Error(`${named.name} is no object type`);
  return named;
}

function projectionOf(document: string): Projection | null {
  const parsed = parse(document);
  const operation = getOperationAST(parsed);
  if (!operation) throw new Error('no operation');
  const { coerced = {} } = getVariableValues(schema, operation.variableDefinitions ?? [], VARIABLES);
  const selection = { operation, fragments: fragmentsOf(parsed), variables: coerced };
  return compileProjection(schema, selection, { cursor: encodeCursor });
}

async function executed(document: string, event: SubscriptionEvent): Promise<string> {
  const parsed = parse(document);
  const declared = getOperationAST(parsed)?.variableDefinitions?.length ?? 0;
  const result = await execute({
    schema,
    document: parsed,
    rootValue: event,
    contextValue: {
      domain: { log: { cursor: encodeCursor } },
      viewer: { tenant: TENANT },
      settings: { maxCost: 1_000_000 },
    },
    variableValues: declared > 0 ? VARIABLES : {},
  });
  return serialiseResult(result, () => '').toString('utf8');
}

describe('a projection', () => {
  it('gives byte for byte what executing the selection gives', async () => {
    expect(isInterfaceType(schema.getType('Event'))).toBe(true);
    const topics = fc.constantFrom('observation', 'prediction', 'consensus');
    const given = topics.chain((topic) => fc.tuple(fc.constant(topic), arbitraryEvent(topic)));
    const picks = fc.infiniteStream(fc.nat(1_000_000));
    await fc.assert(
      fc.asyncProperty(given, picks, async ([topic, event], stream_) => {
        const document = new Writer((below) => (stream_.next().value ?? 0) % below).document(topic);
        const errors = validate(schema, parse(document)).filter(
          ({ message }) => !message.includes('never used'),
        );
        expect(errors).toEqual([]);
        const project = projectionOf(document);
        expect(project, document).not.toBeNull();
        expect(project?.(event)?.toString('utf8'), document).toBe(await executed(document, event));
      }),
      { numRuns: 400 },
    );
  });

  it.each([
    '{ observations { observation { stream { latest { value } } } } }',
    '{ predictions { type ... on PredictionEvent { prediction { score { position } } } } }',
    '{ observations { observation { stream { observations { edges { cursor } } } } } }',
  ])('leaves what takes the database to the executor: %s', (selection) => {
    expect(projectionOf(`subscription ${selection}`)).toBeNull();
  });

  it('leaves to the executor what is not what the schema promises', async () => {
    const [event] = fc.sample(arbitraryEvent('observation'), 1);
    const [document] = fc.sample(observation, 1);
    if (!event || !document) throw new Error('no sample');
    const query = 'subscription { observations { observation { value stream { name } } } }';
    const broken = JSON.parse(JSON.stringify({ ...document, value: null }));
    expect(projectionOf(query)?.({ ...event, document })).not.toBeNull();
    expect(projectionOf(query)?.({ ...event, document: broken })).toBeNull();
    expect(await executed(query, { ...event, document: broken })).toContain('errors');
  });
});

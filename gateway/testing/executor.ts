import {
  buildSchema,
  type DocumentNode,
  type ExecutionResult,
  execute,
  GraphQLError,
  getOperationAST,
  parse,
  validate,
} from 'graphql';
import { encodeCursor } from '../../schema/cursor.ts';
import type { Executor, GraphQLRequest, PreparedOperation, SubscriptionEvent } from '../ports.ts';

const SDL = `
  scalar Cursor
  scalar Decimal
  scalar DateTime
  type Stream { uuid: ID! serverId: Int! name: String! meta: String }
  type Observation { id: ID position: Int! value: Decimal! observedAt: Float! ts: Float! stream: Stream! hash: String! provider: String! revision: Int! retracted: Boolean! fails: String slow: Boolean }
  type Prediction { value: Decimal! }
  enum EventType { READY SNAPSHOT CREATE UPDATE DELETE }
  type ObservationEvent { type: EventType! cursor: Cursor! id: ID timestamp: Float! observation: Observation echo(text: String): String }
  type PredictionEvent { type: EventType! cursor: Cursor! id: ID timestamp: Float! prediction: Prediction }
  input StringOps { eq: String ne: String in: [String!] contains: String }
  input TagOps { contains: String }
  input DecimalOps { eq: Decimal ne: Decimal gt: Decimal gte: Decimal lt: Decimal lte: Decimal in: [Decimal!] }
  input DateTimeOps { eq: DateTime ne: DateTime gt: DateTime gte: DateTime lt: DateTime lte: DateTime }
  input StreamWhere { and: [StreamWhere!] or: [StreamWhere!] not: StreamWhere uuid: StringOps name: StringOps author: StringOps secondary: StringOps target: StringOps tags: TagOps }
  input ObservationWhere { and: [ObservationWhere!] or: [ObservationWhere!] not: ObservationWhere stream: StreamWhere value: DecimalOps observedAt: DateTimeOps provider: StringOps hash: StringOps }
  type Query { hello: String fails: String never: String }
  type Mutation { double(n: Int!): Int }
  type Subscription {
    observations(where: ObservationWhere, after: Cursor, snapshot: Boolean = false, ready: Boolean = false, includeData: Boolean = true): ObservationEvent!
    predictions(stream: ID, peer: ID, after: Cursor, ready: Boolean = false, includeData: Boolean = true): PredictionEvent!
    unheard: Int
  }
`;

/** A small GraphQL side over graphql-js alone, with the contract's subscription arguments. */
export class TestExecutor implements Executor {
  readonly schema = buildSchema(SDL);
  /** Runs of `executeEvent`. */
  eventsExecuted = 0;
  /** Awaited before an event is executed, so that tests can make it slow or fail. */
  beforeEvent: (event: SubscriptionEvent) => Promise<void> = async () => undefined;
  /** Awaited before a query or mutation is executed. */
  beforeExecute: () => Promise<void> = async () => undefined;
  /** Queries and mutations under way. */
  executing = 0;
  readonly #documents = new Map<string, DocumentNode>();

  prepare({ query, operationName }: GraphQLRequest): PreparedOperation {
    const document = this.#documents.get(query) ?? parse(query);
    const errors = this.#documents.has(query) ? [] : validate(this.schema, document);
    if (errors.length > 0) throw new AggregateError(errors);
    this.#documents.set(query, document);
    const operation = getOperationAST(document, operationName);
    if (!operation) throw new GraphQLError('There is no such operation in the document.');
    return { document, kind: operation.operation };
  }

  async execute(operation: PreparedOperation, request: GraphQLRequest): Promise<ExecutionResult> {
    this.executing += 1;
    await this.beforeExecute();
    this.executing -= 1;
    return this.#execute(operation, request, {
      hello: 'world',
      double: ({ n }: { n: number }) => n * 2,
      fails: () => {
        throw new Error('secret details');
      },
      never: () => new Promise(() => undefined),
    });
  }

  async executeEvent(
    operation: PreparedOperation,
    request: GraphQLRequest,
    _identity: unknown,
    event: SubscriptionEvent,
  ): Promise<ExecutionResult> {
    this.eventsExecuted += 1;
    await this.beforeEvent(event);
    const root = {
      type: event.type,
      cursor: encodeCursor(event.tenant, event.position),
      id: event.key,
      timestamp: event.timestamp,
      observation: event.document,
      prediction: event.document,
      echo: ({ text }: { text?: string }) => text,
    };
    return this.#execute(operation, request, { observations: root, predictions: root });
  }

  async #execute(
    { document }: PreparedOperation,
    { operationName, variables }: GraphQLRequest,
    rootValue: unknown,
  ): Promise<ExecutionResult> {
    const { schema } = this;
    return execute({
      schema,
      document,
      rootValue,
      ...(operationName && { operationName }),
      ...(variables && { variableValues: variables }),
    });
  }
}

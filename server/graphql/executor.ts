import { complexityFromQuery } from '@pothos/plugin-complexity';
import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';
import { PresageError } from '../../schema/errors.ts';
import type { Domain } from '../domain/domain.ts';
import { ApiContext, HOW_TO_SIGN_IN, type Viewer } from './context.ts';
import { tooCostly } from './limits.ts';
import type { ErrorMask } from './mask-error.ts';
import type { Operations } from './operations.ts';
import type { ApiSettings } from './settings.ts';
import type { SubscriptionEvent } from './subscription.ts';

/** Who a connection acts for, as the gateway knows it. */
export interface Identity {
  readonly tenant: string;
  readonly publicKey: string | null;
  /** Epoch ms; null for somebody without a token. */
  readonly expiresAt: number | null;
  readonly address?: string | undefined;
}

export interface GraphQLRequest {
  readonly query: string;
  readonly operationName?: string | null;
  readonly variables?: Readonly<Record<string, unknown>> | null;
}

export interface PreparedOperation {
  readonly document: DocumentNode;
  readonly kind: 'query' | 'mutation' | 'subscription';
  /** Of a subscription, for one event. */
  readonly cost?: number;
}

interface ExecutorParts {
  readonly schema: GraphQLSchema;
  readonly operations: Operations;
  readonly domain: Domain;
  readonly settings: ApiSettings;
  readonly mask: ErrorMask;
}

/** The API for transports that are not HTTP: the gateway's `Executor` port has this shape. */
export class ApiExecutor {
  readonly schema: GraphQLSchema;
  readonly #parts: ExecutorParts;
  /** By tenant: what events that are executed in the same turn of the event loop load together. */
  readonly #eventContexts = new Map<string, ApiContext>();

  constructor(parts: ExecutorParts) {
    this.schema = parts.schema;
    this.#parts = parts;
  }

  /** Parses and validates, and costs a subscription. Throws an `AggregateError` of GraphQL errors with codes. */
  prepare(request: GraphQLRequest, { address }: Pick<Identity, 'address'>): PreparedOperation {
    try {
      const document = this.#parts.operations.prepare(request.query, address);
      const operation = getOperationAST(document, request.operationName);
      if (!operation) throw new PresageError('BAD_INPUT', unnamed(request.operationName));
      if (operation.operation !== 'subscription') return { document, kind: operation.operation };
      const cost = this.#costOf(only(operation, document), request);
      return { document, kind: operation.operation, cost };
    } catch (error) {
      const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
      throw new AggregateError(errors.map(this.#parts.mask), 'The operation was refused.');
    }
  }

  /** Runs a query or mutation. Rejects nothing: failures are in the result, with codes. */
  async execute(
    operation: PreparedOperation,
    request: GraphQLRequest,
    identity: Identity,
  ): Promise<ExecutionResult> {
    try {
      const { domain, settings } = this.#parts;
      const context = new ApiContext(domain, settings, await this.#viewer(identity), identity.address);
      return await this.#run(operation, request, context);
    } catch (error) {
      return { errors: [this.#parts.mask(error)] };
    }
  }

  /**
   * Runs a subscription's selection over one event, which the root field resolves to. What the events of one turn need
   * of the database is read once for all of them.
   */
  async executeEvent(
    operation: PreparedOperation,
    request: GraphQLRequest,
    identity: Identity,
    event: SubscriptionEvent,
  ): Promise<ExecutionResult> {
    return this.#run(operation, request, this.#eventContext(identity.tenant), event);
  }

  #eventContext(tenant: string): ApiContext {
    const present = this.#eventContexts.get(tenant);
    if (present) return present;
    const { domain, settings } = this.#parts;
    // The gateway has checked who subscribes; nothing of an event depends on who it is besides the tenant.
    const context = new ApiContext(domain, settings, { tenant, actor: null, mayRead: true });
    this.#eventContexts.set(tenant, context);
    setImmediate(() => this.#eventContexts.delete(tenant));
    return context;
  }

  async #run(
    { document }: PreparedOperation,
    { operationName, variables }: GraphQLRequest,
    contextValue: ApiContext,
    rootValue?: SubscriptionEvent,
  ): Promise<ExecutionResult> {
    const { schema, mask } = this.#parts;
    const result = await execute({
      schema,
      document,
      rootValue,
      operationName: operationName ?? null,
      variableValues: variables ?? null,
      contextValue,
    });
    return result.errors
      ? { ...result, errors: result.errors.map((error: GraphQLError) => mask(error)) }
      : result;
  }

  async #viewer({ tenant, publicKey, expiresAt }: Identity): Promise<Viewer> {
    const { domain, settings } = this.#parts;
    if (publicKey === null) return { tenant, actor: null, mayRead: settings.publicRead };
    if (expiresAt !== null && expiresAt <= Date.now()) {
      throw new PresageError('UNAUTHENTICATED', `The token has expired. ${HOW_TO_SIGN_IN}`);
    }
    const standing = await domain.peers.standing(tenant, publicKey);
    if (!standing) {
      throw new PresageError('UNAUTHENTICATED', `This peer is gone or was revoked. ${HOW_TO_SIGN_IN}`);
    }
    return { tenant, actor: { tenant, peer: standing.peer }, mayRead: true };
  }

  /** Queries are costed as they are run; a subscription would be so only once it has an event. Throws `TOO_COMPLEX`. */
  #costOf(document: DocumentNode, { variables }: GraphQLRequest): number {
    const { complexity } = complexityFromQuery(document, {
      schema: this.schema,
      variables: { ...variables },
    });
    const { maxCost } = this.#parts.settings;
    if (complexity > maxCost) throw tooCostly(complexity, maxCost);
    return complexity;
  }
}

/** The document without its other operations. */
function only(operation: OperationDefinitionNode, { definitions, ...document }: DocumentNode): DocumentNode {
  const fragments = definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  return { ...document, definitions: [operation, ...fragments] };
}

function unnamed(name: string | null | undefined): string {
  return name == null
    ? 'There are several operations, or none; say which by operationName.'
    : `There is no operation "${name}".`;
}

import type { CombinedError } from '@urql/core';
import { failureReason } from '../../schema/failure-reason.ts';

/** The server answered, and the answer was no. */
export class ServerRefusal extends Error {
  override readonly name = 'ServerRefusal';
  /** `extensions.code`: one of the request codes, or one that this neuron does not know yet. */
  readonly code: string;
  /** What the server said besides. */
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    { extensions = {}, ...options }: ErrorOptions & { extensions?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options);
    this.code = code;
    this.extensions = extensions;
  }
}

/** The server did not answer: it is down, cut off, or ended the connection. What was asked may have been done. */
export class ServerUnreachable extends Error {
  override readonly name = 'ServerUnreachable';
}

/** What an urql error stands for. */
export function serverError(error: CombinedError): ServerRefusal | ServerUnreachable {
  const [refusal] = error.graphQLErrors;
  if (refusal) {
    const { code } = refusal.extensions;
    return new ServerRefusal(typeof code === 'string' ? code : 'INTERNAL', refusal.message, {
      cause: error,
      extensions: refusal.extensions,
    });
  }
  const message = failureReason(error.networkError ?? error);
  const status: unknown = error.response?.status;
  const said = typeof status === 'number' ? `answered with HTTP ${status} and no GraphQL` : 'did not answer';
  return new ServerUnreachable(`The server ${said}: ${message}`, { cause: error });
}

export function isRefusal(error: unknown, code: string): error is ServerRefusal {
  return error instanceof ServerRefusal && error.code === code;
}

import type { IncomingMessage } from 'node:http';
import { refusalAnswer } from '../../gateway/transports/http/refusal-answer.ts';
import { PresageError } from '../../schema/errors.ts';
import type { Answerer } from './without-gateway.ts';

/** Stands for every origin. */
const ANY = '*';

/**
 * Whose pages may use the server from a browser, which names a page's origin in every request that another origin could
 * make or read. Pages of the server itself may, and programs, which name none.
 */
export class Origins {
  readonly #allowed: ReadonlySet<string>;

  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed);
  }

  /** Throws `FORBIDDEN` for a page that may not. */
  check({ headers: { origin, host } }: IncomingMessage): void {
    if (origin === undefined || this.#allowed.has(ANY) || this.#allowed.has(origin)) return;
    if (URL.canParse(origin) && new URL(origin).host === host) return;
    throw new PresageError(
      'FORBIDDEN',
      `Pages of ${origin.slice(0, 100)} may not use this server; its operator can name them in PRESAGE_ORIGINS.`,
    );
  }

  /** Answers the requests of pages that may not, in words that a browser shows to nobody but its developer. */
  readonly refuse: Answerer = (request, response) => {
    try {
      this.check(request);
      return false;
    } catch (error) {
      const { status, headers, body } = refusalAnswer(error);
      response.writeHead(status, { ...headers, vary: 'Origin' }).end(body);
      return true;
    }
  };
}

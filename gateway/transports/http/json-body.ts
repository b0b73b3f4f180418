import type { IncomingMessage } from 'node:http';
import { PresageError } from '../../../schema/errors.ts';
import { HttpRefusal } from '../../../schema/http-status.ts';

/** Reads a JSON body of at most `limit` bytes. Throws `TOO_LARGE`, `BAD_INPUT`, `HttpRefusal`. */
export async function readJson(request: IncomingMessage, limit: number): Promise<unknown> {
  const type = request.headers['content-type'] ?? 'none';
  if (!/^application\/(?:graphql\+)?json\b/i.test(type)) {
    throw new HttpRefusal(415, `The content type is ${type.slice(0, 60)}; send application/json.`);
  }
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    bytes += part.length;
    if (bytes > limit) {
      throw new PresageError('TOO_LARGE', `The body is longer than ${limit} bytes; send less at once.`);
    }
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts, bytes).toString('utf8'));
  } catch (error) {
    throw new PresageError('BAD_INPUT', `The body is no JSON: ${String(error)}.`, { cause: error });
  }
}

import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { PresageError } from '../../schema/errors.ts';
import { HttpRefusal } from '../../schema/http-status.ts';
import { withoutQuery } from './without-query.ts';

const inflate = promisify(gunzip);

/** What may be read at once, in bytes. */
export interface BodyLimits {
  /** Of one body, gzip or plain: the limit is on both forms. */
  readonly maxBodyBytes: number;
  /** Of all bodies that have begun to come and are not whole. */
  readonly maxUnfinishedBytes: number;
}

/** Bytes of bodies that have begun to come: anybody can send them slowly, and many at once. */
export class Unfinished {
  bytes = 0;
}

/**
 * Reads a GraphQL request from a body. Throws `TOO_LARGE`, `BAD_INPUT`, `HttpRefusal`, and
 * `UNAVAILABLE` while too much of others waits.
 * Yoga could do this too, by web streams, whose cost is more than all the rest of a small request.
 */
export async function readRequest(
  message: IncomingMessage,
  limits: BodyLimits,
  unfinished: Unfinished,
): Promise<object> {
  const limit = limits.maxBodyBytes;
  const type = message.headers['content-type'] ?? 'none';
  if (!/^application\/(?:graphql\+)?json\b/i.test(type)) {
    throw new HttpRefusal(415, `The content type is ${type.slice(0, 60)}; send application/json.`);
  }
  const encoding = (message.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding !== 'identity' && encoding !== 'gzip') {
    throw new HttpRefusal(
      415,
      `The content encoding is ${encoding.slice(0, 60)}; send gzip, or the body as it is.`,
    );
  }
  const sent = await readBody(message, limits, unfinished);
  const text = (encoding === 'gzip' ? await inflated(sent, limit) : sent).toString('utf8');
  const body = parse(text);
  if (Array.isArray(body)) {
    throw new PresageError(
      'BAD_INPUT',
      'The body is a batch of operations; send each in a request of its own.',
    );
  }
  if (typeof body !== 'object' || body === null || !('query' in body) || typeof body.query !== 'string') {
    throw withoutQuery(
      Object(body).extensions,
      'send {"query": "{ me { name } }", "variables": {}} or the like.',
    );
  }
  return body;
}

/** By events: an iterator over the message costs a small request more than parsing it does. */
function readBody(
  message: IncomingMessage,
  { maxBodyBytes: limit, maxUnfinishedBytes }: BodyLimits,
  unfinished: Unfinished,
): Promise<Buffer> {
  const announced = Number(message.headers['content-length'] ?? 0);
  if (announced > limit) return Promise.reject(tooLarge(`${announced} bytes`, limit));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const over = () => {
      unfinished.bytes -= size;
      size = 0;
    };
    const refuse = (error: PresageError) => {
      message.pause();
      message.removeAllListeners('data');
      chunks.length = 0;
      over();
      reject(error);
    };
    message.on('data', (chunk: Buffer) => {
      size += chunk.length;
      unfinished.bytes += chunk.length;
      if (size > limit) refuse(tooLarge(`at least ${size} bytes`, limit));
      else if (unfinished.bytes > maxUnfinishedBytes) refuse(tooMuch());
      else chunks.push(chunk);
    });
    message.once('end', () => {
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size));
      over();
    });
    message.once('error', reject);
    message.once('close', () => {
      over();
      if (!message.readableEnded)
        reject(new PresageError('BAD_INPUT', 'The connection ended within the body.'));
    });
  });
}

function tooMuch(): PresageError {
  return new PresageError(
    'UNAVAILABLE',
    'The server is being sent more at once than it keeps; send the same again in a moment.',
  );
}

/** Stops as soon as there is more than the limit, whatever the sender says there is. */
async function inflated(sent: Buffer, limit: number): Promise<Buffer> {
  try {
    return await inflate(sent, { maxOutputLength: limit });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(`more than ${limit} bytes when inflated`, limit);
    throw new PresageError('BAD_INPUT', `The body is no gzip (${String(code)}).`, { cause: error });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PresageError('BAD_INPUT', `The body is no JSON: ${reason}.`, { cause: error });
  }
}

function tooLarge(size: string, limit: number): PresageError {
  return new PresageError(
    'TOO_LARGE',
    `The body has ${size}, over the limit of ${limit} bytes; send smaller batches.`,
  );
}

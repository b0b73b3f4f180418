import type { z } from 'zod';
import { RetryLater } from '../source.ts';
import { type JsonText, parseJsonText } from './json-text.ts';

/** Largest answer that is read, in bytes. */
const MAX_BYTES = 16 * 1_024 * 1_024;
/** Redirects within one server that are followed. */
const MOST_REDIRECTS = 5;
/** How long an API that says `429` without a `Retry-After` is left alone, in ms. */
const DEFAULT_RETRY_MS = 60_000;
/** The longest that an API is believed to want to be left alone, in ms. */
const LONGEST_RETRY_MS = 3_600_000;

export interface JsonRequest {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** @default 16 MiB */
  readonly maxBytes?: number;
}

/**
 * Gets JSON from a URL, with numbers as text. Throws `RetryLater` where the server asks for it (`429`, and `503` with
 * `Retry-After`), and an error that names the server, not the secrets in the URL, for any other answer than JSON with
 * status 200. Redirects to other servers are not followed: they would be sent the headers, keys of the API among them,
 * and could lead to what only this machine reaches.
 */
export async function fetchJson({
  url,
  headers = {},
  signal,
  maxBytes = MAX_BYTES,
}: JsonRequest): Promise<JsonText> {
  const place = placeOf(url);
  const response = await get(url, headers, signal, place);
  if (response.status !== 200) {
    await response.body?.cancel().catch(() => undefined);
    throw refusal(response, place);
  }
  const text = await read(response, maxBytes, place);
  try {
    return parseJsonText(text);
  } catch {
    throw new Error(`${place} answered with something that is no JSON: ${JSON.stringify(text.slice(0, 60))}`);
  }
}

/** `fetchJson` of a known shape. Throws an error that says where the answer is of another one, too. */
export async function fetchShape<T>(request: JsonRequest, shape: z.ZodType<T>): Promise<T> {
  const result = shape.safeParse(await fetchJson(request));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.map(String).join('.') || 'the whole';
  throw new Error(
    `${placeOf(request.url)} answered in a shape that is not known here: ${where}: ${issue?.message}`,
  );
}

async function get(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  place: string,
): Promise<Response> {
  let next = url;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const response = await fetch(next, {
      headers: { accept: 'application/json', 'user-agent': 'presage', ...headers },
      redirect: 'manual',
      signal,
    }).catch((error: unknown) => {
      throw unanswered(place, error);
    });
    const location = response.headers.get('location');
    if (!REDIRECTS.has(response.status) || location === null) return response;
    await response.body?.cancel().catch(() => undefined);
    next = within(next, location, place);
  }
  throw new Error(`${place} redirects more than ${MOST_REDIRECTS} times`);
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Where a redirect leads, if that is the same server, or its secured form. */
function within(from: string, location: string, place: string): string {
  const to = URL.canParse(location, from) ? new URL(location, from) : undefined;
  const { protocol, host, hostname } = new URL(from);
  const isSecured = protocol === 'http:' && to?.protocol === 'https:' && to.hostname === hostname;
  if (to && (isSecured || (to.protocol === protocol && to.host === host))) return to.href;
  const there = to ? to.protocol + (to.host && `//${to.host}`) : 'nowhere';
  throw new Error(`${place} redirects to ${there}, which is not followed; name that one if it is meant`);
}

async function read(response: Response, maxBytes: number, place: string): Promise<string> {
  if (!response.body) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    for await (const chunk of response.body) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) break;
      text += decoder.decode(chunk, { stream: true });
    }
  } catch (error) {
    throw unanswered(place, error);
  }
  if (bytes > maxBytes)
    throw new Error(`${place} answered with more than ${maxBytes} bytes, which is too much.`);
  return text + decoder.decode();
}

function refusal(response: Response, place: string): Error {
  const after = response.headers.get('retry-after');
  const message = `${place} answered with HTTP ${response.status}`;
  if (response.status === 429 || (response.status === 503 && after !== null)) {
    return new RetryLater(message, retryMs(after));
  }
  return new Error(message);
}

/** Seconds, or an HTTP date. */
function retryMs(after: string | null): number {
  if (after === null) return DEFAULT_RETRY_MS;
  const wanted = /^\d+$/.test(after.trim()) ? Number(after) * 1_000 : Date.parse(after) - Date.now();
  return Number.isNaN(wanted) ? DEFAULT_RETRY_MS : Math.min(Math.max(wanted, 0), LONGEST_RETRY_MS);
}

function unanswered(place: string, error: unknown): Error {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const reason =
    cause instanceof Error ? ('code' in cause ? String(cause.code) : cause.message) : String(cause);
  return new Error(`No answer from ${place} (${reason})`, { cause: error });
}

/** A URL without what may be secret: user, password and query. */
function placeOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

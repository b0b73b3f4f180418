import { ServerUnreachable } from './server-errors.ts';

/** Redirects answer by these. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * `fetch` that reads an answer of at most so many bytes (as they are when inflated), and follows no redirect: what is
 * sent has signatures and tokens in it, and whoever redirects could send it anywhere. Throws `ServerUnreachable`.
 */
export function boundedFetch(maxBytes: number): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, redirect: 'manual' });
    if (REDIRECTS.has(response.status)) {
      await response.body?.cancel();
      throw new ServerUnreachable(
        `It redirects to ${response.headers.get('location') ?? 'nowhere'}, which is not followed; name that server if it is meant.`,
      );
    }
    const body = await read(response, maxBytes);
    const { status, statusText } = response;
    const headers = new Headers(response.headers);
    // Neither holds for what is handed on, which is inflated and whole.
    headers.delete('content-encoding');
    headers.delete('content-length');
    return new Response(BODILESS.has(status) ? null : body, { status, statusText, headers });
  };
}

/** What has no body, not even an empty one. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

async function read(response: Response, maxBytes: number): Promise<Buffer<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > maxBytes) {
      throw new ServerUnreachable(`It answers with more than ${maxBytes} bytes, which no answer needs.`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts, bytes);
}

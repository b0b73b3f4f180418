import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { HttpRefusal } from '../../../schema/http-status.ts';
import { type RefusalAnswer, refusalAnswer } from '../http/refusal-answer.ts';

/** The only version that RFC 6455 has. */
const VERSION = '13';
/** 16 bytes in base64. */
const KEY = /^[+/0-9A-Za-z]{22}==$/;

/** How HTTP refuses a handshake that is none (RFC 6455, sections 4.2.1 and 4.4); null for a good one. */
export function handshakeRefusal({ method, headers }: IncomingMessage): RefusalAnswer | null {
  if (method !== 'GET') {
    return refusal(405, `A WebSocket is asked for by GET, not by ${method}.`, { allow: 'GET' });
  }
  const version = headers['sec-websocket-version'];
  if (version !== VERSION) {
    const given = version === undefined ? 'missing' : `"${String(version).slice(0, 20)}"`;
    const message = `Sec-WebSocket-Version is ${given}; this server speaks version ${VERSION}.`;
    return refusal(426, message, { upgrade: 'websocket', 'sec-websocket-version': VERSION });
  }
  if (!KEY.test(headers['sec-websocket-key'] ?? '')) {
    return refusal(400, 'Sec-WebSocket-Key is missing or not 16 bytes in base64; send a random one.');
  }
  return null;
}

function refusal(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): RefusalAnswer {
  const answer = refusalAnswer(new HttpRefusal(status, message));
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

/** Answers a handshake by HTTP, and ends the connection. */
export function refuseHandshake(socket: Duplex, { status, body, headers }: RefusalAnswer): void {
  const lines = Object.entries({
    ...headers,
    connection: status === 426 ? 'close, upgrade' : 'close',
    'content-length': Buffer.byteLength(body),
  });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.once('error', () => socket.destroy());
  // A server's sockets stay open until the other side closes too, which nobody waits for any more.
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head}\r\n${body}`);
}

/** The protocol of `subscriptions-transport-ws`, whose name is that of the library of its successor. */
const LEGACY = 'graphql-ws';

/** Why a client that offered others is closed with 4406, in no more than a close frame has room for. */
export function subprotocolAdvice(protocol: string, wanted: string): string {
  if (protocol === '') return `No subprotocol was offered; offer ${wanted}`;
  if (protocol === LEGACY) {
    return `Subprotocol ${LEGACY} is the old subscriptions-transport-ws; use ${wanted}, as the library graphql-ws does`;
  }
  return `Subprotocol not acceptable; use ${wanted}`;
}

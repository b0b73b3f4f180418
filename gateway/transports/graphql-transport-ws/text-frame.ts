import { type Frame, frameLength, type WrappedPayload, writeFrame } from '../../delivery/outbox.ts';

/** Final frame of a text message, RFC 6455 section 5.2. */
const FINAL_TEXT = 0x81;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/**
 * A frame's text as the server's WebSocket frame (RFC 6455: not masked, not compressed), in one buffer if `whole`;
 * otherwise what stands before the payload of a wrapped one.
 */
export function textFrame(frame: Frame, whole: boolean): Buffer {
  const length = frameLength(frame);
  const headerLength = length < LENGTH_16 ? 2 : length < 65_536 ? 4 : 10;
  const part = whole || Buffer.isBuffer(frame) ? length : frame.head.length;
  const bytes = Buffer.allocUnsafe(headerLength + part);
  bytes[0] = FINAL_TEXT;
  if (headerLength === 2) bytes[1] = length;
  else if (headerLength === 4) {
    bytes[1] = LENGTH_16;
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes[1] = LENGTH_64;
    bytes.writeBigUInt64BE(BigInt(length), 2);
  }
  if (whole || Buffer.isBuffer(frame)) writeFrame(frame, bytes, headerLength);
  else bytes.write(frame.head, headerLength, 'latin1');
  return bytes;
}

/**
 * A wrapped payload's WebSocket frame as a text with one character a byte, to be written as `latin1`: a socket that is
 * given a text copies it to the system without a buffer for each frame. The payload's part is made once for all.
 */
export function bytesAsText(frame: WrappedPayload): string {
  const { head, payload, tail } = frame;
  if (payload !== lastPayload || tail !== lastTail) {
    lastPayload = payload;
    lastTail = tail;
    lastText = payload.toString('latin1') + tail;
  }
  return headerText(frameLength(frame)) + head + lastText;
}
let lastPayload: Buffer | null = null;
let lastTail = '';
let lastText = '';

/** For texts of less than 64 KB. Mostly the next one is as long. */
function headerText(length: number): string {
  if (length !== lastLength) {
    lastLength = length;
    lastHeader = headerOf(length);
  }
  return lastHeader;
}
let lastLength = -1;
let lastHeader = '';

function headerOf(length: number): string {
  return length < LENGTH_16
    ? String.fromCharCode(FINAL_TEXT, length)
    : String.fromCharCode(FINAL_TEXT, LENGTH_16, length >> 8, length & 0xff);
}

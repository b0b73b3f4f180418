/** One frame as a server sent it. */
interface ServerFrame {
  readonly head: number;
  readonly masked: boolean;
  readonly payload: Buffer;
}

const NAMES: Readonly<Record<number, string>> = {
  129: 'text',
  130: 'binary',
  136: 'close',
  137: 'ping',
  138: 'pong',
};

/**
 * The frames that came after a handshake's head, `bytes` having a character each, in words: `text {"type":"pong"}`,
 * `pong abc`, `close 1002`. What a server must not send (masks, reserved bits, fragments, half a frame, longer lengths than
 * needed) is said, too, so that no expectation holds for it.
 */
export function framesSent(bytes: string): string[] {
  const start = bytes.indexOf('\r\n\r\n');
  return start === -1 ? [] : readFrames(Buffer.from(bytes.slice(start + 4), 'latin1'));
}

function readFrames(bytes: Buffer): string[] {
  const said: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const { frame, size } = readFrame(bytes.subarray(at));
    if (!frame) return [...said, `half a frame of ${bytes.length - at} bytes`];
    said.push(inWords(frame));
    at += size;
  }
  return said;
}

function readFrame(bytes: Buffer): { readonly frame?: ServerFrame; readonly size: number } {
  const [head = 0, second = 0] = bytes;
  const short = second & 0x7f;
  const start = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < start) return { size: 0 };
  const length =
    short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  const isMinimal = short < 126 || length >= (short === 126 ? 126 : 65_536);
  if (bytes.length < start + length || !isMinimal) return { size: 0 };
  const frame = { head, masked: second >= 0x80, payload: bytes.subarray(start, start + length) };
  return { frame, size: start + length };
}

function inWords({ head, masked, payload }: ServerFrame): string {
  const name = NAMES[head];
  if (!name || masked) return `a frame that is none: ${head.toString(16)}${masked ? ', masked' : ''}`;
  if (name !== 'close') return `${name} ${payload.toString('utf8')}`.trim();
  return payload.length === 0 ? name : `${name} ${payload.readUInt16BE(0)}`;
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientFrame, handshake, RawClient } from '../../testing/raw-client.ts';
import { type RunningGateway, runGateway } from '../../testing/running-gateway.ts';
import { framesSent } from '../../testing/server-frames.ts';

/*
 * The cases of the Autobahn test suite (crossbario/autobahn-testsuite), under the numbers of its cases or groups of them,
 * against the gateway: 1 to 7, 9 in small, and 10; what is not of it has no number. Of 12 and 13, compression, there is only
 * the refusal (`handshake.test.ts`). What is expected is RFC 6455's; where graphql-transport-ws says more (no binary messages,
 * only its own texts) its close codes are. What is short is sent at once, and octet by octet.
 */
const MAX_BYTES = 131_072;
let running: RunningGateway;
beforeAll(async () => {
  running = await runGateway({ maxMessageBytes: MAX_BYTES, closeGraceMs: 100 });
});
afterAll(() => running.stop());

const [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10];
const PONG_MESSAGE = 'text {"type":"pong"}';
const BAD_MESSAGE = 'close 4400';
const BROKEN_PROTOCOL = 'close 1002';
const NO_UTF8 = 'close 1007';
const TOO_LONG = 'close 1009';

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');
const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');
const part = (opcode: number, payload: Buffer | string = ''): Buffer =>
  clientFrame(opcode, Buffer.from(payload), { final: false });
const last = (opcode: number, payload: Buffer | string = ''): Buffer =>
  clientFrame(opcode, Buffer.from(payload));
const closing = (code: number, reason: Buffer | string = ''): Buffer => {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return last(CLOSE, Buffer.concat([head, Buffer.from(reason)]));
};

/** A message that is answered by `PONG_MESSAGE`, with these bytes in it. */
const pingMessage = (payload: Buffer | string): Buffer =>
  Buffer.concat([bytes('{"type":"ping","payload":{"x":"'), Buffer.from(payload), bytes('"}}')]);
/** The same, of so many bytes. */
const pingOf = (length: number): Buffer => pingMessage('*'.repeat(length - pingMessage('').length));

function inParts(payload: Buffer, size: number, between: readonly Buffer[] = []): Buffer[] {
  const count = Math.max(1, Math.ceil(payload.length / size));
  return Array.from({ length: count }, (_, n) => [
    clientFrame(n === 0 ? TEXT : CONTINUATION, payload.subarray(n * size, (n + 1) * size), {
      final: n === count - 1,
    }),
    ...(n < count - 1 ? between : []),
  ]).flat();
}

/**
 * Sends frames and then a closing one, to the answer of which all that was sent before is answered; says what the server
 * sent until it cut the connection, which it does by itself as this client never does.
 */
async function transcript(frames: readonly Buffer[], chop: number): Promise<string[]> {
  const client = new RawClient(running.url);
  client.socket.setNoDelay(true);
  await client.send(handshake('/graphql')).until('\r\n\r\n');
  const sent = Buffer.concat([...frames, closing(1000)]);
  for (let at = 0; at < sent.length; at += chop) {
    client.send(sent.subarray(at, at + chop));
    if (chop < sent.length) await new Promise(setImmediate);
  }
  await client.closed;
  client.socket.destroy();
  return framesSent(client.got);
}

type Case = readonly [number: string, what: string, frames: readonly Buffer[], answers: readonly string[]];

/** Where the last answer is a `close`, the connection is over by it; else the closing frame is answered as it is. */
function suite(name: string, cases: readonly Case[]): void {
  describe(name, () => {
    it.each(cases)('%s %s', async (_number, _what, frames, answers) => {
      const expected = answers.at(-1)?.startsWith('close') ? answers : [...answers, 'close 1000'];
      expect(await transcript(frames, Number.POSITIVE_INFINITY)).toEqual(expected);
      const size = frames.reduce((sum, frame) => sum + frame.length, 0);
      if (size <= 400) expect(await transcript(frames, 1)).toEqual(expected);
    });
  });
}

suite('1 framing', [
  ...[125, 126, 127, 128, 65_535, 65_536, 65_537, MAX_BYTES].map(
    (length): Case => ['1.1', `a text of ${length} bytes`, [last(TEXT, pingOf(length))], [PONG_MESSAGE]],
  ),
  ['1.1.1', 'an empty text is no message', [last(TEXT)], [BAD_MESSAGE]],
  ['1.2.1', 'an empty binary message', [last(BINARY)], [BAD_MESSAGE]],
  ['1.2.8', 'a binary message of 65,536 bytes', [last(BINARY, Buffer.alloc(65_536))], [BAD_MESSAGE]],
  ['1.1.9', 'a text of a byte more than is taken', [last(TEXT, pingOf(MAX_BYTES + 1))], [TOO_LONG]],
]);

suite('2 pings and pongs', [
  ['2.1', 'a ping without payload', [last(PING)], ['pong']],
  ['2.2', 'a ping with payload', [last(PING, 'Hello, world!')], ['pong Hello, world!']],
  ['2.3', 'a ping with binary payload', [last(PING, hex('00 7f 41 01'))], ['pong \0\x7fA\x01']],
  ['2.4', 'a ping of 125 bytes', [last(PING, '~'.repeat(125))], [`pong ${'~'.repeat(125)}`]],
  ['2.5', 'a ping of 126 bytes', [last(PING, '~'.repeat(126))], [BROKEN_PROTOCOL]],
  ['2.7', 'a pong that nobody asked for', [last(PONG)], []],
  ['2.8', 'the same with payload', [last(PONG, 'unsolicited')], []],
  ['2.9', 'the same, and a ping', [last(PONG, 'unsolicited'), last(PING, 'ping')], ['pong ping']],
  [
    '2.10',
    'ten pings are answered in order',
    Array.from({ length: 10 }, (_, n) => last(PING, `payload-${n}`)),
    Array.from({ length: 10 }, (_, n) => `pong payload-${n}`),
  ],
]);

suite('3 reserved bits, and the mask', [
  ['3.1', 'RSV3', [clientFrame(TEXT, pingOf(40), { bits: 0x10 })], [BROKEN_PROTOCOL]],
  [
    '3.2',
    'RSV2 after a good message',
    [last(TEXT, pingOf(40)), clientFrame(TEXT, pingOf(40), { bits: 0x20 }), last(PING)],
    [PONG_MESSAGE, BROKEN_PROTOCOL],
  ],
  [
    '3.5',
    'RSV1, as of a message that is compressed',
    [clientFrame(TEXT, pingOf(40), { bits: 0x40 })],
    [BROKEN_PROTOCOL],
  ],
  ['3.6', 'reserved bits of a ping', [clientFrame(PING, bytes('x'), { bits: 0x60 })], [BROKEN_PROTOCOL]],
  [
    '3.7',
    'reserved bits of a close',
    [clientFrame(CLOSE, Buffer.alloc(0), { bits: 0x70 })],
    [BROKEN_PROTOCOL],
  ],
  ['–', 'a frame without mask', [hex('81 02 7b 7d')], [BROKEN_PROTOCOL]],
]);

suite('4 reserved opcodes', [
  ...[3, 4, 5, 6, 7].map(
    (opcode): Case => [
      '4.1',
      `${opcode}, of no control frame`,
      [last(opcode, 'x'), last(PING)],
      [BROKEN_PROTOCOL],
    ],
  ),
  ...[11, 12, 13, 14, 15].map(
    (opcode): Case => [
      '4.2',
      `${opcode}, of a control frame`,
      [last(TEXT, pingOf(40)), last(opcode)],
      [PONG_MESSAGE, BROKEN_PROTOCOL],
    ],
  ),
]);

suite('5 fragments', [
  ['5.1', 'a ping in two', [part(PING, 'a'), last(CONTINUATION, 'b')], [BROKEN_PROTOCOL]],
  ['5.2', 'a pong in two', [part(PONG, 'a'), last(CONTINUATION, 'b')], [BROKEN_PROTOCOL]],
  ['5.3', 'a text in two', inParts(pingOf(60), 30), [PONG_MESSAGE]],
  [
    '5.6',
    'a text in two, a ping between',
    inParts(pingOf(60), 30, [last(PING, 'p')]),
    ['pong p', PONG_MESSAGE],
  ],
  [
    '5.7',
    'a text in many, pings and pongs between',
    inParts(pingOf(60), 20, [last(PING, 'p'), last(PONG)]),
    ['pong p', 'pong p', PONG_MESSAGE],
  ],
  ['5.9', 'the end of nothing', [last(CONTINUATION, 'x'), last(TEXT, pingOf(40))], [BROKEN_PROTOCOL]],
  ['5.12', 'the middle of nothing', [part(CONTINUATION, 'x'), last(TEXT, pingOf(40))], [BROKEN_PROTOCOL]],
  [
    '5.15',
    'a text, then the end of nothing',
    [...inParts(pingOf(60), 30), part(CONTINUATION, 'x')],
    [PONG_MESSAGE, BROKEN_PROTOCOL],
  ],
  ['5.18', 'a text within a text', [part(TEXT, 'x'), last(TEXT, pingOf(40))], [BROKEN_PROTOCOL]],
  [
    '5.19',
    'empty parts',
    [
      part(TEXT),
      ...inParts(pingOf(60), 30).map((frame, n) =>
        n === 0 ? Buffer.concat([hex('00'), frame.subarray(1)]) : frame,
      ),
    ],
    [PONG_MESSAGE],
  ],
  ['5.20', 'a binary message in two', [part(BINARY, 'x'), last(CONTINUATION, 'y')], [BAD_MESSAGE]],
  ['5.21', 'parts that together are too long', inParts(pingOf(MAX_BYTES + 1), 60_000), [TOO_LONG]],
  ['5.22', 'a close within a text', [part(TEXT, '{"type":'), closing(1000)], ['close 1000']],
]);

/** Of Markus Kuhn's UTF-8 decoder capability and stress test, which Autobahn takes them from. */
const GOOD_UTF8 = [
  'ce ba cf 8c cf 83 ce bc ce b5',
  'c2 80',
  'e0 a0 80',
  'f0 90 80 80',
  'df bf',
  'ef bf bf',
  'f4 8f bf bf',
  'ed 9f bf',
  'ee 80 80',
  'ef bf bd',
  'ef bf be',
  'f0 9f bf bf',
  'e2 80 a8',
  '7f',
];
const BAD_UTF8 = [
  'ce ba ed a0 80 65',
  'f8 88 80 80 80',
  'fc 84 80 80 80 80',
  'f7 bf bf bf',
  'f4 90 80 80',
  '80',
  'bf',
  '80 bf 80 bf',
  'c0 20',
  'e0 80 20',
  'f0 80 80 20',
  'c0',
  'df',
  'ef bf',
  'f7 bf bf',
  'fe',
  'ff',
  'fe fe ff ff',
  'c0 af',
  'e0 80 af',
  'f0 80 80 af',
  'c1 bf',
  'e0 9f bf',
  'f0 8f bf bf',
  'c0 80',
  'e0 80 80',
  'f0 80 80 80',
  'ed a0 80',
  'ed ad bf',
  'ed bf bf',
  'ed a0 80 ed b0 80',
  'ed af bf ed bf bf',
  'f5 80 80 80',
];

suite('6 UTF-8', [
  ...GOOD_UTF8.map(
    (digits): Case => ['6.5', `good: ${digits}`, [last(TEXT, pingMessage(hex(digits)))], [PONG_MESSAGE]],
  ),
  ...GOOD_UTF8.map(
    (digits): Case => [
      '6.2',
      `good, in parts of a byte: ${digits}`,
      inParts(pingMessage(hex(digits)), 1),
      [PONG_MESSAGE],
    ],
  ),
  ...BAD_UTF8.map(
    (digits): Case => ['6.6', `bad: ${digits}`, [last(TEXT, pingMessage(hex(digits)))], [NO_UTF8]],
  ),
  ...BAD_UTF8.map(
    (digits): Case => [
      '6.3',
      `bad, in parts of a byte: ${digits}`,
      inParts(pingMessage(hex(digits)), 1),
      [NO_UTF8],
    ],
  ),
  [
    '6.4',
    'a character that never ends',
    [last(TEXT, Buffer.concat([bytes('{"type":"ping"}'), hex('ce')]))],
    [NO_UTF8],
  ],
]);

const REASON = '*'.repeat(123);
suite('7 closing', [
  ['7.1.1', 'after a message', [last(TEXT, pingOf(40)), closing(1000)], [PONG_MESSAGE, 'close 1000']],
  ['7.1.2', 'twice', [closing(1000), closing(1000)], ['close 1000']],
  ['7.1.3', 'a ping after it', [closing(1000), last(PING)], ['close 1000']],
  ['7.1.4', 'a text after it', [closing(1000), last(TEXT, pingOf(40))], ['close 1000']],
  ['7.3.1', 'without a code', [last(CLOSE)], ['close']],
  ['7.3.2', 'with half a code', [last(CLOSE, 'a')], [BROKEN_PROTOCOL]],
  ['7.3.4', 'with a reason', [closing(1000, 'Hello World!')], ['close 1000']],
  ['7.3.5', 'with the longest reason', [closing(1000, REASON)], ['close 1000']],
  ['7.3.6', 'with a longer one', [closing(1000, `${REASON}*`)], [BROKEN_PROTOCOL]],
  [
    '7.5.1',
    'with a reason that is no UTF-8',
    [closing(1000, hex('ce ba e1 bd b9 cf 83 ed a0 80'))],
    [NO_UTF8],
  ],
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999].map(
    (code): Case => ['7.7', `with ${code}`, [closing(code)], [`close ${code}`]],
  ),
  ...[0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65_535].map(
    (code): Case => ['7.9', `with ${code}, which is not to be sent`, [closing(code)], [BROKEN_PROTOCOL]],
  ),
]);

suite('10 parts of any size', [
  ...[1_300, 4_097, 65_535].map(
    (size): Case => [
      '10.1.1',
      `65,536 bytes in parts of ${size}`,
      inParts(pingOf(65_536), size),
      [PONG_MESSAGE],
    ],
  ),
  ['9.3', 'the longest text in parts of 64 bytes', inParts(pingOf(MAX_BYTES), 64), [PONG_MESSAGE]],
  [
    '–',
    'as many pings at once as are answered',
    Array.from({ length: 60 }, () => last(PING, 'p')),
    Array.from({ length: 60 }, () => 'pong p'),
  ],
]);

describe('a client that never closes the connection itself', () => {
  it.each([
    ['after its own close', closing(1000)],
    ['after a frame that is none', hex('81 02 7b 7d')],
    ['after a message that is none', last(BINARY)],
    [
      'after more pings at once than are answered',
      Buffer.concat(Array.from({ length: 61 }, () => last(PING))),
    ],
  ])('is forgotten soon %s', async (_what, frames) => {
    const client = new RawClient(running.url);
    await client.send(handshake('/graphql')).until('\r\n\r\n');
    client.send(frames);
    await client.closed;
    await expect.poll(() => running.gateway.stats().connections, { timeout: 3_000 }).toBe(0);
    client.socket.destroy();
  });
});

describe('what the server sends', () => {
  /** An answer has the id in it, and so is as long as is wanted; those past 4 KB are written in three. */
  it.each([125, 126, 127, 128, 4_095, 4_096, 4_097, 4_200, 65_535, 65_536, 65_537, 100_000])(
    'has the head of its length: %i',
    async (length) => {
      const answer = (id: string) =>
        `{"id":${JSON.stringify(id)},"type":"next","payload":{"data":{"hello":"world"}}}`;
      const id = 'x'.repeat(length - answer('').length);
      const asked = { type: 'subscribe', id, payload: { query: '{ hello }' } };
      const client = new RawClient(running.url);
      await client.send(handshake('/graphql')).until('\r\n\r\n');
      await client.send(last(TEXT, '{"type":"connection_init"}')).until('connection_ack');
      await client.send(last(TEXT, JSON.stringify(asked))).until('"complete"}');
      client.send(closing(1000));
      await client.closed;
      expect(framesSent(client.got)).toEqual([
        'text {"type":"connection_ack"}',
        `text ${answer(id)}`,
        `text {"id":"${id}","type":"complete"}`,
        'close 1000',
      ]);
    },
  );
});

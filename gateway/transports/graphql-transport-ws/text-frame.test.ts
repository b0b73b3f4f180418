import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextFrame, nextHead } from './messages.ts';
import { bytesAsText, textFrame } from './text-frame.ts';

describe('a frame as a one-byte text', () => {
  it('has the bytes of the frame as a buffer, whatever the payload', () => {
    const payloads = fc.uint8Array({ maxLength: 4_096, size: 'max' }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), payloads, (id, payload) => {
        const frame = nextFrame(nextHead(id), payload);
        expect(Buffer.from(bytesAsText(frame), 'latin1')).toEqual(textFrame(frame, true));
      }),
    );
  });
});

import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** `line` may be cut off at the limit. */
type OnLine = (line: string) => void;

/**
 * Reads lines of at most so many characters; what a longer one has beyond is skipped, and one character past the limit
 * tells that there was more. However long a program prints without a line break, no more than that is kept.
 */
export class BoundedLines {
  readonly #input: Readable;
  readonly #limit: number;
  readonly #onLine: OnLine;
  readonly #decoder = new StringDecoder('utf8');
  #line = '';

  constructor(input: Readable, limit: number, onLine: OnLine) {
    this.#input = input;
    this.#limit = limit;
    this.#onLine = onLine;
    input.on('data', (chunk: Buffer) => this.#take(this.#decoder.write(chunk)));
    input.on('end', () => {
      this.#take(this.#decoder.end());
      if (this.#line !== '') this.#end();
    });
  }

  /** Lines of what was read already may still come. */
  pause(): void {
    this.#input.pause();
  }

  resume(): void {
    this.#input.resume();
  }

  #take(text: string): void {
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      this.#add(text, start, end);
      this.#end();
      start = end + 1;
    }
    this.#add(text, start, text.length);
  }

  #add(text: string, start: number, end: number): void {
    const room = this.#limit + 1 - this.#line.length;
    if (room > 0) this.#line += text.slice(start, Math.min(end, start + room));
  }

  #end(): void {
    const line = this.#line.endsWith('\r') ? this.#line.slice(0, -1) : this.#line;
    this.#line = '';
    this.#onLine(line);
  }
}

import type { LogOutput } from './logging.ts';

/** What is needed of a terminal: `process.stderr`. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Back to the beginning of the line, and everything after that erased. */
const CLEAR = '\r\u001b[K';
/** Where a terminal does not say how wide it is. */
const PRESET_COLUMNS = 80;

/** One line at the end of a terminal that changes in place, and gives way to lines that others write. */
export class TerminalLine {
  readonly #terminal: Terminal;
  #shown = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Characters that fit: a full line would break, and could not be erased. */
  get width(): number {
    return (this.#terminal.columns || PRESET_COLUMNS) - 1;
  }

  /** Shows a text in place of the one before; what does not fit is cut off. */
  show(text: string): void {
    this.#shown = [...text].slice(0, this.width).join('');
    this.#terminal.write(`${CLEAR}${this.#shown}`);
  }

  clear(): void {
    if (this.#shown === '') return;
    this.#shown = '';
    this.#terminal.write(CLEAR);
  }

  /** An output whose lines come above this one. */
  below(output: LogOutput): LogOutput {
    return {
      ...(output.isTTY !== undefined && { isTTY: output.isTTY }),
      hasColors: () => output.hasColors?.() ?? true,
      write: (text) => {
        if (this.#shown === '') return output.write(text);
        this.#terminal.write(CLEAR);
        output.write(text);
        return this.#terminal.write(this.#shown);
      },
    };
  }
}

import { Presets, SingleBar } from 'cli-progress';
import { harmlessLine } from '../say.ts';

export interface Progress {
  /** How far it is, in bytes. */
  at(bytes: number, total: number): void;
  /** Writes a line without tearing the bar. */
  note(line: string): void;
  end(): void;
}

/** A bar on stderr if that is a terminal; otherwise only the notes. */
export function fileProgress(output: NodeJS.WriteStream): Progress {
  const bar = output.isTTY
    ? new SingleBar(
        {
          stream: output,
          format: '{bar} {percentage}% of the file, {eta_formatted} left',
          clearOnComplete: true,
        },
        Presets.shades_classic,
      )
    : undefined;
  let started = false;
  return {
    at: (bytes, total) => {
      if (!bar) return;
      if (!started) bar.start(total, 0);
      started = true;
      bar.update(bytes);
    },
    note: (line) => {
      if (started) output.write('\r\u001b[K');
      output.write(`${harmlessLine(line)}\n`);
    },
    end: () => {
      if (started) bar?.stop();
    },
  };
}

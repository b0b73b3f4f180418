import { table } from '../table.ts';
import type { CsvFile } from './csv-files.ts';
import type { Outcome } from './messages.ts';

type Scored = Extract<Outcome, { kind: 'scored' }>;

/** One series that was scored. */
export interface ScoredFile {
  readonly file: CsvFile;
  readonly outcome: Scored;
}

/** What `--json` says of a series. */
export function jsonOf({ file, outcome }: ScoredFile) {
  const { n, mae, naiveMae, skill, mase, coverage80, adapter } = outcome.score;
  const { id, group } = file;
  return { id, group, n, mae, naiveMae, skill, mase, coverage80, seconds: outcome.seconds, adapter };
}

/** A table of all series, and one of the folders. */
export function tablesOf(scored: readonly ScoredFile[]): string {
  const head = ['MAE', 'NAIVE MAE', 'SKILL', 'MASE', 'IN 80 %', 'SECONDS'];
  const series = scored.map(({ file, outcome: { score, seconds } }) => [
    `${file.group}/${file.id}`,
    digits(score.mae),
    digits(score.naiveMae),
    fixed(score.skill, 4),
    fixed(score.mase, 3),
    fixed(score.coverage80, 3),
    fixed(seconds, 1),
    score.adapter,
  ]);
  const groups = [...new Set(scored.map(({ file }) => file.group))].map((group) => {
    const members = scored.filter(({ file }) => file.group === group);
    const scores = members.map(({ outcome }) => outcome.score);
    const skills = scores.flatMap(({ skill }) => skill ?? []);
    return [
      group,
      String(members.length),
      digits(mean(scores.map(({ mae }) => mae))),
      digits(mean(scores.map(({ naiveMae }) => naiveMae))),
      fixed(median(skills), 4),
      fixed(median(scores.flatMap(({ mase }) => mase ?? [])), 3),
      fixed(mean(scores.map(({ coverage80 }) => coverage80)), 3),
      fixed(
        members.reduce((sum, { outcome }) => sum + outcome.seconds, 0),
        1,
      ),
    ];
  });
  const about = 'MAE and coverage of a folder are means of its series; skill and MASE medians.\n';
  return `${table([['SERIES', ...head, 'ADAPTER'], ...series])}\n${table([['FOLDER', 'SERIES', ...head], ...groups])}${about}`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [upper, lower] = [sorted[middle], sorted[middle - 1]];
  if (upper === undefined) return null;
  return sorted.length % 2 === 0 && lower !== undefined ? (lower + upper) / 2 : upper;
}

function digits(value: number): string {
  return value.toPrecision(5);
}

function fixed(value: number | null, places: number): string {
  return value === null ? '-' : value.toFixed(places);
}

import type { Verdict } from './judge.ts';

/** A play's verdicts: `attack` is null where only a few neurons are adversarial. */
export interface Result {
  readonly candidate: string;
  readonly group: string;
  readonly series: string;
  /** Whether no constant was chosen on the series. */
  readonly heldOut: boolean;
  readonly attack: string | null;
  readonly verdict: Verdict;
}

export interface GroupLine {
  readonly group: string;
  readonly series: number;
  readonly toBest: number;
  readonly toKnownBest: number;
  readonly toNaive: number;
  readonly covered: number | null;
  /** Of the attacks by a third of the neurons, the worst median ÷ naive. */
  readonly attackedToNaive: number;
  readonly worstAttack: string;
  /** And the worst single series of any attack. */
  readonly worstSeriesToNaive: number;
}

/** A candidate's medians over the series of each group, and of all of them. */
export function linesOf(results: readonly Result[]): readonly GroupLine[] {
  const groups = [...new Set(results.map(({ group }) => group))];
  const parts: readonly (readonly [string, readonly Result[]])[] = [
    ...groups.map((group) => [group, results.filter((result) => result.group === group)] as const),
    ['all', results],
    ['all, chosen on', results.filter(({ heldOut }) => !heldOut)],
    ['all, held out', results.filter(({ heldOut }) => heldOut)],
  ];
  return parts.map(([group, mine]) => {
    const calm = mine.filter(({ attack }) => attack === null).map(({ verdict }) => verdict);
    const attacked = mine.filter(({ attack }) => attack !== null);
    const attacks = [...new Set(attacked.map(({ attack }) => attack ?? ''))].map((attack) => ({
      attack,
      toNaive: median(attacked.filter((one) => one.attack === attack).map(({ verdict }) => verdict.toNaive)),
    }));
    const worst = attacks.reduce((a, b) => (b.toNaive > a.toNaive ? b : a), { attack: '-', toNaive: 0 });
    const covered = calm.flatMap((verdict) => (verdict.covered === null ? [] : [verdict.covered]));
    return {
      ...{ group, series: calm.length },
      toBest: median(calm.map(({ toBest }) => toBest)),
      toKnownBest: median(calm.map(({ toKnownBest }) => toKnownBest)),
      toNaive: median(calm.map(({ toNaive }) => toNaive)),
      covered: covered.length > 0 ? covered.reduce((sum, one) => sum + one, 0) / covered.length : null,
      ...{ attackedToNaive: worst.toNaive, worstAttack: worst.attack },
      worstSeriesToNaive: Math.max(0, ...attacked.map(({ verdict }) => verdict.toNaive)),
    };
  });
}

const HEAD = [
  'group',
  'series',
  '÷ best',
  '÷ best before',
  '÷ naive',
  'in 80 %',
  'attacked ÷ naive',
  'by',
  'worst series',
];

/** The lines as a table in Markdown. */
export function markdown(lines: readonly GroupLine[]): string {
  const rows = lines.map((line) => [
    ...[line.group, String(line.series), fixed(line.toBest), fixed(line.toKnownBest), fixed(line.toNaive)],
    ...[line.covered === null ? '-' : `${Math.round(100 * line.covered)} %`, fixed(line.attackedToNaive)],
    ...[line.worstAttack, fixed(line.worstSeriesToNaive)],
  ]);
  return [HEAD, HEAD.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |\n`).join('');
}

function fixed(value: number): string {
  return value.toFixed(3);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? upper) + upper) / 2 : upper;
}

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { PresageError } from '../../../schema/errors.ts';
import type { CombineSettings } from '../combine/combiner.ts';
import type { Schedule } from '../schedule.ts';
import type { ScheduledSource } from '../source.ts';
import { SOURCE_KINDS } from '../sources/all.ts';
import type { SourceContext } from '../sources/source-kind.ts';
import { COMBINE, ENTRY, ENTRY_KEYS, scheduleOf } from './entry.ts';
import { fillPlaceholders } from './placeholders.ts';
import { yamlTree } from './yaml-tree.ts';

type Environment = SourceContext['environment'];
type Path = readonly (string | number)[];
type Note = (path: Path, message: string) => void;

/** Keeps what sources remember; a spool does. */
interface Memory {
  recall(source: string, key: string): string | undefined;
  remember(source: string, key: string, value: string): void;
}

/** What a `collectors.yaml` asks for. */
export interface CollectorsPlan {
  readonly combine: CombineSettings;
  /** Makes the sources; nothing of them runs before. */
  open(memory: Memory): readonly ScheduledSource[];
}

interface PlannedSource {
  readonly name: string;
  readonly schedule: Schedule;
  readonly timeoutMs: number | undefined;
  readonly open: (context: SourceContext) => readonly ScheduledSource['source'][];
}

/** What else stands in the file is judged by itself: one wrong key must not hide what is wrong with the sources. */
const FILE = z.looseObject({
  combine: z.unknown().optional(),
  sources: z.array(z.unknown()).min(1, 'is empty; name one source at least'),
});
const FILE_KEYS = ['combine', 'sources'];

/** Reads and judges a `collectors.yaml`. Throws `BAD_INPUT` that lists every problem there is, with its line. */
export function readCollectorsFile(file: string, environment: Environment): CollectorsPlan {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PresageError(
      'BAD_INPUT',
      `${file} can't be read (${reason}); name the file with --collectors.`,
    );
  }
  return parseCollectors(text, file, environment);
}

export function parseCollectors(text: string, file: string, environment: Environment): CollectorsPlan {
  const lines = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines });
  // The first one only: what is said of the text after it follows from it.
  const problems: string[] = document.errors
    .slice(0, 1)
    .map(
      ({ pos, message }) =>
        `${file}:${lines.linePos(pos[0]).line}: not YAML: ${message.split('\n', 1)[0]}; text with { } [ ] : or # in it goes in quotes`,
    );
  const note: Note = (path, message) => {
    const place = path.length === 0 ? '' : `${shown(path)}: `;
    problems.push(`${file}:${lineOf(document, lines, path)}: ${place}${message}`);
  };
  const tree = problems.length === 0 ? yamlTree(document) : undefined;
  if (tree && 'problem' in tree) note([], tree.problem);
  const plan = tree && 'value' in tree ? judge(tree.value, environment, note) : undefined;
  if (!plan || problems.length > 0) {
    throw new PresageError('BAD_INPUT', `The collectors can't be started:\n  ${problems.join('\n  ')}`);
  }
  const directory = dirname(resolve(file));
  return {
    combine: plan.combine,
    open: (memory) =>
      plan.sources.flatMap(({ name, schedule, timeoutMs, open }) =>
        open({
          ...{ name, schedule, directory, environment },
          recall: (key) => memory.recall(name, key),
          remember: (key, value) => memory.remember(name, key, value),
        }).map((source) => ({ source, schedule, ...(timeoutMs === undefined ? {} : { timeoutMs }) })),
      ),
  };
}

function judge(raw: unknown, environment: Environment, note: Note) {
  const { value, missing } = fillPlaceholders(raw, environment);
  for (const { path, variable } of missing) note(path, `the environment variable ${variable} is not set`);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    note([], 'it needs a list named sources; see docs/collectors.md');
    return undefined;
  }
  for (const key of Object.keys(value)) {
    if (!FILE_KEYS.includes(key)) note([key], `is not known here; there are ${FILE_KEYS.join(' and ')}`);
  }
  const result = FILE.safeParse(value);
  if (!result.success) {
    noteIssues(result.error, [], note);
    return undefined;
  }
  const combine = COMBINE.safeParse(result.data.combine ?? {});
  if (!combine.success) noteIssues(combine.error, ['combine'], note);
  const sources = result.data.sources.flatMap(
    (entry, index) => judgeEntry(entry, ['sources', index], note) ?? [],
  );
  const names = sources.map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) < index)
      note(['sources', index], `there is another source named ${name}; give it a name`);
  }
  return combine.success ? { combine: combine.data, sources } : undefined;
}

function judgeEntry(raw: unknown, path: Path, note: Note): PlannedSource | undefined {
  const entry = ENTRY.safeParse(raw);
  if (!entry.success) {
    noteIssues(entry.error, path, note);
    return undefined;
  }
  const { type, name = type, timeout } = entry.data;
  const kind = SOURCE_KINDS.find((candidate) => candidate.type === type);
  if (!kind) {
    note(
      [...path, 'type'],
      `"${type}" is no type; there are ${SOURCE_KINDS.map((known) => known.type).join(', ')}`,
    );
    return undefined;
  }
  const own = Object.fromEntries(Object.entries(Object(raw)).filter(([key]) => !ENTRY_KEYS.includes(key)));
  const checked = kind.check(own);
  if (!checked.ok) noteIssues(checked.error, path, note);
  const schedule = scheduleOf(entry.data, kind.every);
  if (typeof schedule === 'string') note(path, schedule);
  if (!checked.ok || typeof schedule === 'string') return undefined;
  return { name, schedule, timeoutMs: timeout, open: checked.open };
}

function noteIssues({ issues }: z.ZodError, path: Path, note: Note): void {
  for (const issue of issues) {
    const place = issue.path.flatMap((part) => (typeof part === 'symbol' ? [] : [part]));
    const isMissing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
    note([...path, ...place], isMissing ? `is missing: ${issue.expected} expected` : issue.message);
  }
}

function lineOf(document: Document, lines: LineCounter, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function shown(path: Path): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index > 0 ? `.${part}` : part))
    .join('');
}

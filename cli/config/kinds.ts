import { z } from 'zod';

/**
 * What a setting may be: a check that takes a native value (YAML) as well as text (environment, flags), and the words
 * that say what it allows, for error lines and docs/configuration.md.
 */
export interface Kind<T> {
  readonly type: z.ZodType<T>;
  readonly allowed: string;
}

/** A whole number within bounds, both included. */
export function wholeNumber(min: number, max: number): Kind<number> {
  const read = (raw: unknown) =>
    typeof raw === 'string' && /^[+-]?\d{1,16}$/.test(raw.trim()) ? Number(raw.trim()) : raw;
  return {
    type: z.preprocess(read, z.int().min(min).max(max)),
    allowed: `a whole number from ${min} to ${max}`,
  };
}

const SWITCH: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
};

/** True or false, and the words that people write for them. */
export function trueOrFalse(): Kind<boolean> {
  const read = (raw: unknown) => (typeof raw === 'string' ? (SWITCH[raw.trim().toLowerCase()] ?? raw) : raw);
  return { type: z.preprocess(read, z.boolean()), allowed: '`true` or `false`' };
}

/** One of a closed list of words. */
export function oneOf<const T extends readonly [string, ...string[]]>(words: T): Kind<T[number]> {
  return { type: z.enum(words), allowed: words.map((word) => `\`${word}\``).join(', ') };
}

/** Any text that isn't blank. */
export function text(maxLength: number): Kind<string> {
  return { type: z.string().trim().min(1).max(maxLength), allowed: `a text of 1 to ${maxLength} characters` };
}

/** A path of a directory; relative ones are taken from the working directory. */
export function directory(): Kind<string> {
  return {
    type: z
      .string()
      .min(1)
      .refine((path) => !path.includes('\0')),
    allowed: 'a path of a directory',
  };
}

/** A URL of one of these protocols (named with their colon). */
export function url(protocols: readonly string[]): Kind<string> {
  const names = protocols.map((protocol) => `\`${protocol}//…\``);
  return {
    type: z.string().refine((given) => URL.canParse(given) && protocols.includes(new URL(given).protocol)),
    allowed: `a URL such as ${names.join(' or ')}`,
  };
}

/** What a machine may be called or listened to by: a host name or an IP address, without a port. */
export function hostName(): Kind<string> {
  return {
    type: z.string().regex(/^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45})$/),
    allowed: 'a host name or an IP address, without a port',
  };
}

/** Several texts: a YAML list, or text with commas. An empty text is an empty list. */
export function listOf(maxItems: number, maxLength: number): Kind<readonly string[]> {
  return {
    type: z.preprocess(
      splitAt(','),
      z.array(z.string().trim().min(1).max(maxLength)).max(maxItems).readonly(),
    ),
    allowed: `at most ${maxItems} texts of 1 to ${maxLength} characters, separated by commas`,
  };
}

/** Several texts that may hold commas: a YAML list, or text with semicolons. An empty text is an empty list. */
export function linesOf(maxItems: number, maxLength: number): Kind<readonly string[]> {
  return {
    type: z.preprocess(
      splitAt(';'),
      z.array(z.string().trim().min(1).max(maxLength)).max(maxItems).readonly(),
    ),
    allowed: `at most ${maxItems} texts of 1 to ${maxLength} characters, separated by semicolons`,
  };
}

/** Origins as browsers name them, or `*` for all: a YAML list, or text with commas. An empty text is an empty list. */
export function origins(maxItems: number): Kind<readonly string[]> {
  const isOrigin = (given: string) =>
    given === '*' || (URL.canParse(given) && new URL(given).origin === given);
  return {
    type: z.preprocess(splitAt(','), z.array(z.string().trim().refine(isOrigin)).max(maxItems).readonly()),
    allowed: `at most ${maxItems} origins such as \`https://app.example\`, or \`*\`, separated by commas`,
  };
}

/** Several addresses of machines, each with a port: a YAML list, or text with commas. An empty text is an empty list. */
export function addresses(maxItems: number): Kind<readonly string[]> {
  const isAddress = (given: string) =>
    /^(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):\d{1,5}$/.test(given);
  return {
    type: z.preprocess(splitAt(','), z.array(z.string().trim().refine(isAddress)).max(maxItems).readonly()),
    allowed: `at most ${maxItems} addresses such as \`redis-2:6379\`, separated by commas`,
  };
}

/** One or more different whole numbers within bounds, both included: a YAML list, one number, or text with commas. */
export function wholeNumbers(min: number, max: number): Kind<readonly number[]> {
  const distinct = (items: readonly number[]) => new Set(items).size === items.length;
  return {
    type: z.preprocess(
      readNumbers,
      z
        .array(z.int().min(min).max(max))
        .min(1)
        .max(max - min + 1)
        .refine(distinct)
        .readonly(),
    ),
    allowed: `whole numbers from ${min} to ${max}, separated by commas, none twice`,
  };
}

/** Ascending numbers between 0 and 1, both excluded: a YAML list, or text with commas. May be empty. */
export function fractions(maxItems: number): Kind<readonly number[]> {
  const ascend = (items: readonly number[]) =>
    items.every((item, index) => index === 0 || item > (items[index - 1] ?? 1));
  return {
    type: z.preprocess(readNumbers, z.array(z.number().gt(0).lt(1)).max(maxItems).refine(ascend).readonly()),
    allowed: `at most ${maxItems} ascending numbers between 0 and 1, separated by commas`,
  };
}

function splitAt(separator: string): (raw: unknown) => unknown {
  return (raw) =>
    typeof raw === 'string'
      ? raw
          .split(separator)
          .map((item) => item.trim())
          .filter((item) => item !== '')
      : raw;
}

function readNumbers(raw: unknown): unknown {
  if (typeof raw === 'number') return [raw];
  const items = splitAt(',')(raw);
  if (!Array.isArray(items)) return raw;
  return items.map((item: unknown) =>
    typeof item === 'string' && /^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(item) ? Number(item) : item,
  );
}

/** One or more of a closed list of words, none twice. */
export function someOf<const T extends readonly [string, ...string[]]>(words: T): Kind<readonly T[number][]> {
  const read = (raw: unknown) => (typeof raw === 'string' ? raw.split(',').map((item) => item.trim()) : raw);
  const distinct = (items: readonly string[]) => new Set(items).size === items.length;
  return {
    type: z.preprocess(read, z.array(z.enum(words)).min(1).refine(distinct).readonly()),
    allowed: `one or more of ${words.map((word) => `\`${word}\``).join(', ')}, separated by commas, none twice`,
  };
}

/** The kind, or nothing. */
export function optional<T>(kind: Kind<T>): Kind<T | null> {
  return { type: kind.type.nullable(), allowed: kind.allowed };
}

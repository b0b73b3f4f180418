import { type Logger, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Config } from './config/config.ts';
import { harmless } from './say.ts';

/** Where log records go: a terminal, a file, a pipe. */
export interface LogOutput {
  readonly isTTY?: boolean;
  /** Whether a terminal has colours and is to use them: `NO_COLOR` and `TERM` say so. */
  hasColors?(): boolean;
  write(text: string): unknown;
}

/** Fields that hold something secret, wherever they stand near the top of a record. */
const SECRET_FIELDS = [
  'token',
  'accessToken',
  'refreshToken',
  'authorization',
  'Authorization',
  'cookie',
  'password',
  'secret',
  'signature',
  'joinCode',
  'privateKey',
  'databaseUrl',
  'DATABASE_URL',
  'redisUrl',
  'REDIS_URL',
];

/** Secrets inside texts: bearer tokens, JSON web tokens, join codes, passwords in URLs, keys in their parameters. */
const SECRET_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, '[redacted]'],
  [/\b(Bearer\s+)[\w.~+/-]+=*/gi, '$1[redacted]'],
  [/(\w+:\/\/[^\s:/@"]*:)[^\s@"]+@/g, '$1[redacted]@'],
  [/\bjoin_[\w-]{16,}/g, '[redacted]'],
  [/([?&][\w.-]*(?:password|passwd|token|secret|signature|api[_-]?key|apikey)=)[^&\s"\\]+/gi, '$1[redacted]'],
];

/** The log of one program; `name` says which in every record. Tokens, keys and passwords never get into it. */
export function createLogger(settings: Config['log'], name: string, output: LogOutput): Logger {
  const write = logWriter(settings.format, output);
  return pino(
    {
      name,
      level: settings.level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
        censor: '[redacted]',
      },
    },
    { write: (line) => write(redactText(line)) },
  );
}

/** Writes lines of JSON as they are, or made readable for people. Synchronous, so that nothing is lost at the end. */
export function logWriter(format: Config['log']['format'], output: LogOutput): (line: string) => void {
  if (format === 'json' || (format === 'auto' && !output.isTTY)) {
    return (line) => void output.write(harmless(line.endsWith('\n') ? line : `${line}\n`));
  }
  const prettify = prettyFactory({
    colorize: output.isTTY === true && (output.hasColors?.() ?? true),
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss.l',
  });
  return (line) => void output.write(prettify(shownEscapes(harmless(line.trimEnd()))));
}

/**
 * A line of JSON whose texts, once read, show what a terminal would act on. Line breaks stay, as stacks have them; the
 * first alternative is a backslash itself, whose next character is none of an escape.
 */
function shownEscapes(line: string): string {
  return line.replace(/\\\\|\\(?:[bfr]|u[0-9a-f]{4})/gi, (found) =>
    found === '\\\\' ? found : `\\${found}`,
  );
}

function redactText(line: string): string {
  return SECRET_TEXTS.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), line);
}

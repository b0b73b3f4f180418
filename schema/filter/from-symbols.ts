import { badFilter, condition } from './condition.ts';
import { allOf, type Filter, type FilterOp, type FilterSubject, MAX_CONDITIONS } from './form.ts';

const SYMBOLS: Record<string, FilterOp> = {
  '==': 'eq',
  '!=': 'ne',
  '>': 'gt',
  '>=': 'gte',
  '<': 'lt',
  '<=': 'lte',
  in: 'in',
  'array-contains': 'contains',
};

/** How an operator is written here. */
function spelled(op: FilterOp): string {
  return Object.keys(SYMBOLS).find((symbol) => SYMBOLS[symbol] === op) ?? op;
}

const EXPRESSION = /^\s*([A-Za-z][\w.]*)\s*(==|!=|>=|<=|>|<|\s(?:in|array-contains)\s)\s*(.*?)\s*$/s;

/**
 * Translates filters as the SSE URL and the CLI write them, one condition a text, all of which must hold:
 * `value>=100`, `provider in a,b`, `stream.tags array-contains crypto`. Throws `BAD_FILTER`.
 */
export function fromSymbols(subject: FilterSubject, expressions: readonly string[]): Filter {
  if (expressions.length > MAX_CONDITIONS) {
    throw badFilter(`There are ${expressions.length} filters; at most ${MAX_CONDITIONS} are allowed.`);
  }
  return allOf(expressions.map((expression) => fromSymbol(subject, expression)));
}

function fromSymbol(subject: FilterSubject, expression: string): Filter {
  const match = EXPRESSION.exec(expression);
  const [, field = '', symbol = '', text = ''] = match ?? [];
  const op = SYMBOLS[symbol.trim()];
  if (!op) {
    throw badFilter(
      `"${expression}" is no filter; write <field><operator><value> with one of ${Object.keys(SYMBOLS).join(' ')}, such as value>=100.`,
    );
  }
  const value = op === 'in' ? text.split(',').map((item) => item.trim()) : text;
  return condition(subject, field, op, value, spelled);
}

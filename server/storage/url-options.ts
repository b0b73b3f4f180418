/** How a connection begins: where to, and with which settings. */
export interface Beginning {
  readonly connectionString: string;
  /** As the parameter `options` of PostgreSQL's start-up message has it. */
  readonly options: string;
}

/**
 * A URL's connection with settings of ours. The driver would take the `options` of a URL in place of ours: they go before
 * ours instead, which win. Values have no blanks.
 */
export function optionsBeside(url: string, settings: Readonly<Record<string, string | number>>): Beginning {
  const ours = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  const target = new URL(url);
  const given = target.searchParams.get('options');
  if (given === null) return { connectionString: url, options: ours.join(' ') };
  target.searchParams.delete('options');
  return { connectionString: target.href, options: [given, ...ours].join(' ') };
}

/** What programs need to find their way about a machine, by name. None of it is a secret, nor about Presage. */
const NAMES: ReadonlySet<string> = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'TZ', 'TERM', 'TMPDIR', 'TMP', 'TEMP'],
  // Where libraries and certificates are that are not in their usual places.
  ...['LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
  // Without these next to nothing runs on Windows, where names are written in any case.
  ...['SYSTEMROOT', 'SYSTEMDRIVE', 'WINDIR', 'COMSPEC', 'PATHEXT', 'USERPROFILE', 'USERNAME', 'APPDATA'],
  ...['LOCALAPPDATA', 'PROGRAMDATA', 'PROGRAMFILES', 'NUMBER_OF_PROCESSORS', 'PROCESSOR_ARCHITECTURE'],
]);

/**
 * The part of an environment that is passed on to programs of others, which have no business with the rest: it has URLs
 * with passwords in them, keys and tokens.
 */
export function passedOn(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    const known = name.toUpperCase();
    if (value !== undefined && (NAMES.has(known) || known.startsWith('LC_'))) passed[name] = value;
  }
  return passed;
}

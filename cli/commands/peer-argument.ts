import { Argument } from 'commander';

/** A public key (base64url of 32 bytes) that begins with a hyphen, as one of 64 does. */
const KEY_LIKE_AN_OPTION = /^-[A-Za-z0-9_-]{42}$/;

/**
 * A command line as commander is to read it: in `presage peers …` a key that begins with a hyphen has a space before it, as
 * it would be taken for options otherwise. `peerArgument` takes that off.
 */
export function withKeysAsArguments(argv: readonly string[]): string[] {
  const [node = '', main = '', command, ...rest] = argv;
  if (command !== 'peers') return [...argv];
  return [node, main, command, ...rest.map((one) => (KEY_LIKE_AN_OPTION.test(one) ? ` ${one}` : one))];
}

/** Which peer a command is about. */
export function peerArgument(): Argument {
  return new Argument('<peer>', 'public key or id of the peer').argParser((text) => text.trim());
}

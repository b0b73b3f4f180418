/** Numbers in single precision as base64, in the order of bytes of the machine: files of models stay on it. */
export function packFloats(numbers: Float32Array): string {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString('base64');
}

/** What `packFloats` made of numbers; `undefined` if it can't be any. */
export function unpackFloats(text: string): Float32Array | undefined {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  if (bytes.length % 4 !== 0) return undefined;
  const numbers = new Float32Array(bytes.buffer);
  return numbers.every(Number.isFinite) ? numbers : undefined;
}

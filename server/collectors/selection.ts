/** Which streams are wanted, by name. */
export type Selection = 'all' | ReadonlySet<string>;

export function selects(selection: Selection, stream: string): boolean {
  return selection === 'all' || selection.has(stream);
}

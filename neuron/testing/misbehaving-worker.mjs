// A training thread that goes wrong in the way that the task's seed says.
export default async function misbehave({ options }) {
  const { seed } = options;
  if (seed === 1) for (;;);
  if (seed === 2) {
    const kept = [];
    for (;;) kept.push(new Array(10_000).fill(kept.length));
  }
  if (seed === 3) throw new Error('broken on purpose');
  process.exit(1);
}

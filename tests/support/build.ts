import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Tests of whole programs run what users run: `dist/`, made anew from the sources as they are. */
export default function build(): void {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  execFileSync('npx', ['tsc', '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
}

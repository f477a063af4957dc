/** Every target: a file of this folder each, which exports it as `target`. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Target } from '../target.ts';

export interface Registered {
  readonly target: Target;
  readonly module: string;
}

const NO_TARGETS = new Set(['registry.ts']);

/** In order of their names. */
export async function targets(): Promise<Registered[]> {
  const names = readdirSync(import.meta.dirname).filter(
    (name) => name.endsWith('.ts') && !NO_TARGETS.has(name),
  );
  return Promise.all(
    names.sort().map(async (name) => {
      const module = path.join(import.meta.dirname, name);
      return { target: ((await import(pathToFileURL(module).href)) as { target: Target }).target, module };
    }),
  );
}

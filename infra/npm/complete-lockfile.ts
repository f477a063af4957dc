/**
 * Puts other platforms' optional packages back into package-lock.json.
 *
 * Where a registry lacks the packages of other platforms, npm leaves them out of the lock, and `npm ci` then
 * refuses it ("Missing: … from lock file"). Run it after each change of dependencies (`npm run lock`);
 * with --check it only says what is missing and exits 1.
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface Package {
  version?: string;
  optionalDependencies?: Record<string, string>;
  dev?: boolean;
}

const OS = 'darwin linux win32 android freebsd openbsd netbsd sunos aix openharmony wasi'.split(' ');
const CPU = 'arm64 x64 ia32 arm ppc64 riscv64 s390x loong64 mips64el wasm32 universal'.split(' ');

/** What npm writes beside a platform package, read off its name: `@x/y-linux-x64-gnu`. */
function platformOf(name: string): { os?: string[]; cpu?: string[]; libc?: string[] } {
  const words = name.replace(/^@[^/]+\//, '').split(/[-.]/);
  const os = words.find((word) => OS.includes(word));
  const cpu = words.find((word) => CPU.includes(word));
  const gnu = os === 'linux' && words.some((word) => word.startsWith('gnu'));
  const libc = words.some((word) => word.startsWith('musl')) ? 'musl' : gnu ? 'glibc' : undefined;
  return {
    ...(os && { os: [os] }),
    ...(cpu && cpu !== 'universal' && { cpu: [cpu] }),
    ...(libc && { libc: [libc] }),
  };
}

/** Is `name` in the nearest node_modules above `from`, as npm resolves it? */
function holds(packages: Record<string, Package>, from: string, name: string): boolean {
  for (let at = from; ; ) {
    if (packages[`${at ? `${at}/` : ''}node_modules/${name}`]) return true;
    if (!at) return false;
    at = at.includes('/node_modules/') ? at.slice(0, at.lastIndexOf('/node_modules/')) : '';
  }
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Package> };
const missing: Record<string, Package> = {};
for (const [where, pkg] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(pkg.optionalDependencies ?? {})) {
    const platform = platformOf(name);
    const exact = /^\d/.test(version) && (platform.os ?? platform.cpu);
    if (!exact || holds(lock.packages, where, name)) continue;
    missing[`node_modules/${name}`] = {
      version,
      ...platform,
      ...{ optional: true },
      ...(pkg.dev && { dev: true }),
    };
  }
}

const names = Object.keys(missing);
if (process.argv.includes('--check')) {
  if (names.length > 0) {
    console.error(
      `package-lock.json lacks ${names.length} platform packages: run "npm run lock"\n${names.join('\n')}`,
    );
    process.exit(1);
  }
} else {
  const all = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(
    'package-lock.json',
    `${JSON.stringify({ ...lock, packages: Object.fromEntries(all) }, null, 2)}\n`,
  );
  console.log(`${names.length} platform packages added to package-lock.json`);
}

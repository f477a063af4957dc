/**
 * Reads what V8's CPU profiler writes (`--cpu-prof`): a tree of call sites, and samples that name the leaf that was running.
 * Format: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile
 */

export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  /** Node ids. */
  readonly samples: readonly number[];
  /** µs before each sample. */
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

/** A function in its place in the stack. Times in µs. */
export interface Frame {
  readonly name: string;
  /** `processors/trace/view.ts:12`, or '' for what is not a file of JavaScript. */
  readonly at: string;
  self: number;
  /** With everything that it calls. */
  total: number;
  readonly children: Frame[];
}

/**
 * The profiler's names for time in which no JavaScript ran, and the loop in which a thread of Piscina waits for a task.
 * Garbage collection and native code count as work.
 */
const IDLE = new Set(['(idle)', '(program)', 'atomicsWaitLoop']);

/** The stacks of one thread, without idle time; calls of the same function at the same place are one frame. */
export function framesOf(profile: CpuProfile, root = ''): Frame {
  const micros = new Map<number, number>();
  profile.samples.forEach((id, i) => {
    // A delta below zero is a clock that was corrected.
    micros.set(id, (micros.get(id) ?? 0) + Math.max(0, profile.timeDeltas[i]));
  });
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const build = (node: ProfileNode): Frame => {
    const { functionName, url, lineNumber } = node.callFrame;
    const children = merged((node.children ?? []).map((id) => build(nodes.get(id) as ProfileNode)));
    const self = IDLE.has(functionName) ? 0 : (micros.get(node.id) ?? 0);
    return {
      name: functionName || '(anonymous)',
      at: placeOf(url, lineNumber, root),
      self,
      total: children.reduce((sum, child) => sum + child.total, self),
      children,
    };
  };
  return build(profile.nodes[0]);
}

/** Frames of the same function become one; those without time go. */
export function merged(frames: readonly Frame[]): Frame[] {
  const groups = Map.groupBy(frames, ({ name, at }) => `${name} ${at}`);
  return [...groups.values()]
    .map((same) =>
      same.length === 1
        ? same[0]
        : {
            name: same[0].name,
            at: same[0].at,
            self: same.reduce((sum, { self }) => sum + self, 0),
            total: same.reduce((sum, { total }) => sum + total, 0),
            children: merged(same.flatMap(({ children }) => children)),
          },
    )
    .filter(({ total }) => total > 0)
    .sort((a, b) => b.total - a.total);
}

/** The project's own files by their path in it, packages by their name. */
function placeOf(url: string, lineNumber: number, root: string): string {
  if (url === '') return '';
  const file = url.replace(/^file:\/\//, '').replace(/^.*\/node_modules\//, '');
  return `${root !== '' && file.startsWith(root) ? file.slice(root.length) : file}:${lineNumber + 1}`;
}

export interface FunctionTime {
  readonly name: string;
  readonly at: string;
  /** µs in it, and in it with what it calls (each recursion once). */
  readonly self: number;
  readonly total: number;
}

/** Every function once, most self time first. */
export function functionTimes(root: Frame): FunctionTime[] {
  const times = new Map<string, { name: string; at: string; self: number; total: number }>();
  const open = new Set<string>();
  const visit = (frame: Frame): void => {
    const key = `${frame.name} ${frame.at}`;
    const time = times.get(key) ?? { name: frame.name, at: frame.at, self: 0, total: 0 };
    times.set(key, time);
    time.self += frame.self;
    const outermost = !open.has(key);
    if (outermost) {
      time.total += frame.total;
      open.add(key);
    }
    for (const child of frame.children) visit(child);
    if (outermost) open.delete(key);
  };
  visit(root);
  return [...times.values()].sort((a, b) => b.self - a.self);
}

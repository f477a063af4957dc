import type { TraceView } from './view.ts';

/** Computed once for each view, however many steps ask: they look at one view after the other, so the last is known. */
export function oncePerView<T>(compute: (view: TraceView) => T): (view: TraceView) => T {
  let last: TraceView | undefined;
  let value: T;
  return (view) => {
    if (last !== view) {
      value = compute(view);
      last = view;
    }
    return value;
  };
}

/** A level over time: a value at each stage's start, linear between them or in steps. */
export interface Stage {
  readonly atS: number;
  readonly value: number;
}

/** The level at a time; after the last stage it stays. */
export function levelAt(stages: readonly Stage[], steps: boolean, atS: number): number {
  const next = stages.findIndex((stage) => stage.atS > atS);
  if (next === 0) return stages[0].value;
  const from = stages[(next < 0 ? stages.length : next) - 1];
  if (next < 0 || steps) return from.value;
  const to = stages[next];
  return from.value + ((to.value - from.value) * (atS - from.atS)) / (to.atS - from.atS);
}

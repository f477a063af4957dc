/** Instrumentation scope of what the synthetic agents and their tools record. */
export const SCOPE = 'ati.agents';

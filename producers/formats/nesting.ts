/** Levels of lists, envelopes or values in each other that are read. Files have three or four; more is a hostile one. */
export const MAX_NESTING = 64;

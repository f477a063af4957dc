/** The part of a pino logger that the broker uses. */
export type Log = Readonly<
  Record<'debug' | 'info' | 'warn' | 'error', (fields: Record<string, unknown>, message: string) => void>
>;

/**
 * Ends this process without the engine's own end.
 *
 * Closing the store while a merge is under way, or running the library's destructors beside its threads, crashed in half of
 * the stops under load (SIGSEGV, or a mutex that waits for ever). Neither is needed: what has been acknowledged is in
 * the files, and the lock on the directory ends with the process. Another program in its place leaves all of it at once.
 */
export function exitWithoutEngine(): void {
  // Says that execve is experimental.
  process.removeAllListeners('warning');
  process.on('exit', (code) => {
    process.execve?.(
      process.execPath,
      [process.execPath, '--eval', `process.exitCode = ${Number(code)}`],
      {},
    );
  });
}

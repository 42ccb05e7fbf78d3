import { run } from './run';

const interrupted = new AbortController();
let presses = 0;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The first press lets the running block finish and stores a checkpoint; the second ends the process at once.
    if (++presses > 1) process.exit(130);
    interrupted.abort();
  });
}
// A reader that closes the pipe early (`memmamba memory FILE | head`) is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

void run(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  isInteractive: process.stderr.isTTY,
  columns: process.stderr.columns || 80,
  environment: process.env,
  signal: interrupted.signal,
}).then((code) => {
  process.exitCode = code;
});

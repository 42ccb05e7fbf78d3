/** The packaged extension under test, set by the runner. */
export function vsix(): string {
  const path = process.env['MEMMAMBA_VSIX'];
  if (path === undefined)
    throw new Error('MEMMAMBA_VSIX names no packaged extension; run this through scripts/editor-tests.mjs');
  return path;
}

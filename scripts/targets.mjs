// The platforms that a packaged extension exists for. linux-arm64 and the others carry what onnxruntime-node ships for them;
// there is no darwin-x64 (onnxruntime-node has no binary for it any more) and no musl.
export const targets = ['linux-x64', 'linux-arm64', 'win32-x64', 'win32-arm64', 'darwin-arm64'];

/** The target of this machine. */
export const hostTarget = `${process.platform}-${process.arch}`;

/** Where `npm run package` leaves the extension for a target, relative to the repository. */
export const vsixPath = (target) => `dist/memmamba-${target}.vsix`;

// The platforms of the packaged extension. They contain what onnxruntime-node ships; there is no darwin-x64
// (onnxruntime-node no longer has a binary for it) and no musl.
export const targets = ['linux-x64', 'linux-arm64', 'win32-x64', 'win32-arm64', 'darwin-arm64'];

/** The target of this machine. */
export const hostTarget = `${process.platform}-${process.arch}`;

/** Where `npm run package` writes the extension for a target, relative to the repository. */
export const vsixPath = (target) => `dist/memmamba-${target}.vsix`;

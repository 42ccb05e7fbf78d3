declare const MEMMAMBA_VERSION: string;

/** The version in package.json, put here by the bundler. */
export const version: string = MEMMAMBA_VERSION;

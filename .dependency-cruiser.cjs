// `npm run lint`: no file imports itself in a circle, imports of types included. Which folder may import which is an ESLint rule
// (scripts/folder-imports.mjs), so that editors show it.
module.exports = {
  forbidden: [
    {
      name: 'no-import-circles',
      severity: 'error',
      comment: 'Move what both need into a file of its own, below them.',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    // Imports as they are written: those of types are gone once TypeScript has compiled them.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    includeOnly: '^(src|bench|test|scripts)/',
  },
};

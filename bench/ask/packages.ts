/** Languages of the bench, with their file extensions. */
export const languages = {
  typescript: ['.ts', '.tsx'],
  python: ['.py'],
  go: ['.go'],
  rust: ['.rs'],
  java: ['.java'],
} as const;

export type Language = keyof typeof languages;

export interface Package {
  registry: 'npm' | 'pypi' | 'go' | 'cargo' | 'maven';
  language: Language;
  name: string;
  version: string;
  /** `dev`: weights and thresholds are chosen on it. `test`: only measured. */
  split: 'dev' | 'test';
}

const list = (
  registry: Package['registry'],
  language: Language,
  split: Package['split'],
  packages: Record<string, string>,
): Package[] => Object.entries(packages).map(([name, version]) => ({ registry, language, name, version, split }));

/** Packages that no training file comes from (models/training/SOURCES.md: `val` is `dev` here). */
export const packages: readonly Package[] = [
  ...list('npm', 'typescript', 'dev', {
    '@hocuspocus/provider': '4.8.0',
    immer: '11.2.10',
    '@jupyterlab/console': '4.6.4',
    rete: '2.0.6',
    planck: '1.4.2',
  }),
  ...list('npm', 'typescript', 'test', {
    'hls.js': '1.7.4',
    '@jupyterlab/notebook': '4.6.6',
    '@tanstack/query-core': '5.108.0',
    '@effect/cli': '0.77.2',
    '@effect/ai': '0.37.0',
    '@datadog/browser-rum-core': '7.16.2',
    '@aws-amplify/datastore': '5.1.13',
    '@fluidframework/map': '3.0.2',
    '@loaders.gl/kml': '4.5.2',
    jsii: '6.0.16',
    '@azure/storage-file-share': '12.31.0',
  }),
  ...list('pypi', 'python', 'dev', { tabulate: '0.10.0', cloudpathlib: '0.26.0', zappa: '0.63.0' }),
  ...list('pypi', 'python', 'test', {
    amqp: '5.4.2',
    asciimatics: '1.15.0',
    billiard: '4.3.2',
    bleak: '3.1.0',
    click: '8.5.1',
    deepdiff: '9.1.0',
    hyperopt: '0.3.0',
    jira: '3.10.5',
    locust: '2.47.0',
    soupsieve: '4.1.2',
    pycodestyle: '2.15.0',
  }),
  ...list('go', 'go', 'dev', { 'github.com/dlclark/regexp2': 'v1.12.0', 'github.com/google/wire': 'v0.7.0' }),
  ...list('go', 'go', 'test', {
    'github.com/alecthomas/participle/v2': 'v2.1.4',
    'github.com/cockroachdb/apd/v3': 'v3.2.3',
    'github.com/google/go-jsonnet': 'v0.22.0',
    'github.com/miekg/dns': 'v1.1.73',
  }),
  ...list('cargo', 'rust', 'dev', { logos: '0.16.1', tungstenite: '0.30.0' }),
  ...list('cargo', 'rust', 'test', {
    chumsky: '0.13.0',
    'hickory-proto': '0.26.3',
    pest: '2.9.6',
    petgraph: '0.8.3',
    toml_edit: '0.25.18',
    winnow: '1.0.5',
  }),
  ...list('maven', 'java', 'dev', {
    'org.springframework.graphql:spring-graphql': '1.3.0',
    'org.springframework:spring-expression': '6.1.8',
  }),
  ...list('maven', 'java', 'test', {
    'org.apache.commons:commons-csv': '1.11.0',
    'org.springframework.kafka:spring-kafka': '3.2.0',
    'org.springframework.session:spring-session-core': '3.3.0',
  }),
];

/** Which nodes of a grammar are definitions. */
export interface LanguageKinds {
  /** File of the grammar: `tree-sitter-NAME.wasm`. */
  grammar: string;
  /** Functions and methods. */
  functions: ReadonlySet<string>;
  /** Definitions with members, and those that are cited as a whole. */
  types: ReadonlySet<string>;
  /** Nodes around definitions that are descended into; a comment before a wrapper belongs to the definition. */
  wrappers: ReadonlySet<string>;
}

const set = (names: string): ReadonlySet<string> => new Set(names.split(' ').filter((name) => name !== ''));

const javascript = {
  functions: set(
    'function_declaration generator_function_declaration method_definition function_signature method_signature abstract_method_signature function_expression arrow_function',
  ),
  types: set(
    'class_declaration class abstract_class_declaration interface_declaration enum_declaration type_alias_declaration internal_module module',
  ),
  wrappers: set(
    'export_statement ambient_declaration expression_statement lexical_declaration variable_declaration variable_declarator assignment_expression ' +
      'public_field_definition field_definition pair object call_expression arguments parenthesized_expression class_body statement_block ' +
      'interface_body object_type return_statement unary_expression sequence_expression augmented_assignment_expression if_statement',
  ),
};

const kinds = {
  typescript: { grammar: 'typescript', ...javascript },
  tsx: { grammar: 'tsx', ...javascript },
  javascript: { grammar: 'javascript', ...javascript },
  python: {
    grammar: 'python',
    functions: set('function_definition'),
    types: set('class_definition'),
    wrappers: set('decorated_definition block if_statement else_clause try_statement except_clause with_statement'),
  },
  go: {
    grammar: 'go',
    functions: set('function_declaration method_declaration'),
    types: set('type_declaration'),
    wrappers: set(''),
  },
  rust: {
    grammar: 'rust',
    functions: set('function_item function_signature_item macro_definition'),
    types: set('struct_item enum_item union_item trait_item impl_item mod_item type_item'),
    wrappers: set('declaration_list foreign_mod_item'),
  },
  java: {
    grammar: 'java',
    functions: set('method_declaration constructor_declaration compact_constructor_declaration'),
    types: set(
      'class_declaration interface_declaration enum_declaration record_declaration annotation_type_declaration',
    ),
    wrappers: set('class_body interface_body enum_body enum_body_declarations annotation_type_body'),
  },
  cpp: {
    grammar: 'cpp',
    functions: set('function_definition preproc_function_def'),
    types: set('class_specifier struct_specifier union_specifier enum_specifier namespace_definition'),
    wrappers: set(
      'template_declaration linkage_specification declaration_list field_declaration_list type_definition declaration preproc_if preproc_ifdef preproc_else preproc_elif',
    ),
  },
  'c-sharp': {
    grammar: 'c-sharp',
    functions: set('method_declaration constructor_declaration local_function_statement operator_declaration'),
    types: set(
      'class_declaration interface_declaration struct_declaration enum_declaration record_declaration delegate_declaration namespace_declaration',
    ),
    wrappers: set('declaration_list'),
  },
  php: {
    grammar: 'php',
    functions: set('function_definition method_declaration'),
    types: set('class_declaration interface_declaration trait_declaration enum_declaration namespace_definition'),
    wrappers: set('declaration_list compound_statement'),
  },
  ruby: {
    grammar: 'ruby',
    functions: set('method singleton_method'),
    types: set('class module singleton_class'),
    wrappers: set('body_statement'),
  },
  bash: { grammar: 'bash', functions: set('function_definition'), types: set(''), wrappers: set('') },
} satisfies Record<string, LanguageKinds>;

const byExtension: Record<string, keyof typeof kinds> = {
  ts: 'typescript',
  mts: 'typescript',
  cts: 'typescript',
  tsx: 'tsx',
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  jsx: 'javascript',
  py: 'python',
  pyi: 'python',
  go: 'go',
  rs: 'rust',
  java: 'java',
  c: 'cpp',
  h: 'cpp',
  cc: 'cpp',
  cpp: 'cpp',
  cxx: 'cpp',
  hpp: 'cpp',
  hh: 'cpp',
  cs: 'c-sharp',
  php: 'php',
  rb: 'ruby',
  sh: 'bash',
  bash: 'bash',
};

/** Grammars to ship. */
export const grammars: readonly string[] = [...new Set(Object.values(kinds).map(({ grammar }) => grammar))];

/** The language of a file by its name, or undefined when there is no grammar for it. */
export function languageOf(fileName: string): LanguageKinds | undefined {
  const extension = /\.([^.\\/]+)$/.exec(fileName)?.[1]?.toLowerCase();
  if (extension === undefined || !Object.hasOwn(byExtension, extension)) return undefined;
  return kinds[byExtension[extension]!];
}

/** Identifiers that editors have for languages, where they are not called as their grammars. */
const byId: Record<string, keyof typeof kinds> = {
  typescriptreact: 'tsx',
  javascriptreact: 'javascript',
  c: 'cpp',
  csharp: 'c-sharp',
  shellscript: 'bash',
};

/** The language of a document by the identifier that the editor has for it, or undefined when there is no grammar for it. */
export function languageById(languageId: string): LanguageKinds | undefined {
  const name = Object.hasOwn(byId, languageId) ? byId[languageId]! : languageId;
  return Object.hasOwn(kinds, name) ? kinds[name as keyof typeof kinds] : undefined;
}

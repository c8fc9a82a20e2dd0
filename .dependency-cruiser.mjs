/**
 * The import table: which folder may import which. It is enforced three ways: here, by the split tsconfigs (what a
 * runtime has not got does not compile) and by the linter's rules for the pure folders.
 * scripts/fences.test.ts plants violations and expects each fence to catch them.
 */

/** What a store over a network may import, and its worker besides its own folder; alike for every scheme. */
const REMOTE_SCHEME = [
  'src-main/contracts',
  'src-main/storage',
  'src-main/storage/download',
  'src-main/storage/remote',
];
const REMOTE_SCHEME_WORKER = [...REMOTE_SCHEME, 'src-main/storage/cache', 'src-main/storage/remote/worker'];

/**
 * Folder -> the folders of ours that its code may import; a folder always may import itself.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const TABLE = {
  'src-main/contracts': [],
  'src-main/core': ['src-main/contracts'],
  'src-main/config': ['src-main/contracts'],
  'src-main/storage': ['src-main/contracts', 'src-main/core', 'src-main/storage/download'],
  'src-main/storage/download': ['src-main/contracts', 'src-main/storage'],
  'src-main/storage/cache': ['src-main/contracts', 'src-main/storage', 'src-main/storage/download'],
  'src-main/storage/remote': ['src-main/contracts', 'src-main/storage', 'src-main/storage/download'],
  'src-main/storage/remote/worker': [
    'src-main/contracts',
    'src-main/storage',
    'src-main/storage/download',
    'src-main/storage/cache',
    'src-main/storage/remote',
  ],
  'src-main/storage/s3': REMOTE_SCHEME,
  'src-main/storage/s3/worker': [...REMOTE_SCHEME_WORKER, 'src-main/storage/s3'],
  'src-main/storage/https': REMOTE_SCHEME,
  'src-main/storage/https/worker': [...REMOTE_SCHEME_WORKER, 'src-main/storage/https'],
  'src-main/inference/protocol': ['src-main/contracts'],
  'src-main/inference/onnx-model': ['src-main/contracts'],
  'src-main/inference/worker': ['src-main/contracts', 'src-main/inference/protocol', 'src-main/inference/onnx-model'],
  'src-main/inference': [
    'src-main/contracts',
    'src-main/core',
    'src-main/storage',
    'src-main/storage/download',
    'src-main/inference/protocol',
    'src-main/inference/onnx-model',
  ],
  'src-main/api': ['src-main/contracts', 'src-main/core'],
  'src-main/app': [
    'src-main/contracts',
    'src-main/core',
    'src-main/config',
    'src-main/storage',
    'src-main/storage/download',
    'src-main/storage/cache',
    'src-main/storage/s3',
    'src-main/storage/https',
    'src-main/inference',
    'src-main/inference/protocol',
    'src-main/inference/onnx-model',
    'src-main/api',
  ],
  'src-main/host/headless': ['src-main/app', 'src-main/config', 'src-main/contracts'],
  'src-main/host/electron': ['src-main/app', 'src-main/config', 'src-main/contracts'],
  'src-renderer': ['src-main/contracts'],
  e2e: ['src-main/contracts', 'scripts/lib', 'scripts/samples', 'scripts/s3-server'],
};
const FOLDERS = Object.keys(TABLE);

/** Folders that run anywhere, so without Node.js. */
const PURE = '^src-main/(contracts|core|config)/';

/** Tests, and what only they use. */
const TEST_CODE = '(/testing/|\\.(test|spec)\\.tsx?$)';
const OURS = '^(src-main|src-renderer|e2e|scripts)/';

/**
 * A pattern for the files of a folder. Folders below it that have rows of their own count only where they are named too.
 * @param {string} folder
 * @param {readonly string[]} named
 */
function filesOf(folder, named = []) {
  const apart = FOLDERS.filter((other) => other.startsWith(`${folder}/`) && !named.includes(other));
  const below = apart.map((other) => `${other.slice(folder.length + 1)}/`);
  return below.length > 0 ? `^${folder}/(?!${below.join('|')})` : `^${folder}/`;
}

/**
 * Two rules for each row. Tests may use the writer of sample models, the S3 server and the fakes of other folders; the
 * tests of the inference folders may use each other's code, since a pool is tested with a worker and a worker with a
 * loader.
 */
const rows = Object.entries(TABLE).flatMap(([folder, others]) => {
  const files = filesOf(folder);
  const allowed = [files, ...others.map((other) => filesOf(other, others))];
  const comment = `${folder} may import ${others.join(', ') || 'nothing of ours'} and itself.`;
  const forTests = ['^scripts/samples/', '^scripts/s3-server/'];
  if (folder.startsWith('src-main/')) forTests.push('^src-main/.*/testing/');
  if (folder.startsWith('src-main/inference')) forTests.push('^src-main/(inference|core)/');
  return [
    {
      name: `table:${folder}`,
      comment,
      severity: 'error',
      from: { path: files, pathNot: TEST_CODE },
      to: { path: OURS, pathNot: allowed },
    },
    {
      name: `table:${folder}:tests`,
      comment: `${comment} Its tests may import ${forTests.join(', ')} as well.`,
      severity: 'error',
      from: { path: `${files}.*${TEST_CODE}` },
      to: { path: OURS, pathNot: [...allowed, ...forTests] },
    },
  ];
});

export default {
  forbidden: [
    ...rows,
    {
      name: 'only-host-electron-imports-electron',
      comment: 'Outside Electron, importing `electron` tries to download it and throws.',
      severity: 'error',
      from: { pathNot: '^src-main/host/electron/' },
      to: { path: '(^|/)node_modules/electron(/|$)|^electron$' },
    },
    {
      name: 'only-the-worker-imports-onnxruntime',
      comment: 'A native crash must end a worker, not the server. Tests and tools may ask the library by itself.',
      severity: 'error',
      from: { pathNot: ['^src-main/inference/worker/', '^src-main/inference/.*\\.test\\.ts$', '^scripts/'] },
      to: { path: '(^|/)node_modules/onnxruntime-(node|common)(/|$)|^onnxruntime-(node|common)' },
    },
    {
      name: 'only-the-s3-worker-imports-the-sdk',
      comment:
        'It takes long to load, and its listings, TLS and checksums must not hold up the server. Test servers may.',
      severity: 'error',
      from: { pathNot: ['^src-main/storage/s3/worker/', '^scripts/'] },
      to: { path: '(^|/)node_modules/@(aws-sdk|smithy)/' },
    },
    {
      name: 'pure-folders-have-no-node',
      comment: 'contracts, core and config run anywhere: time, files and processes come in as arguments.',
      severity: 'error',
      from: { path: PURE, pathNot: TEST_CODE },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'the-page-has-no-node',
      comment: 'The renderer runs in a browser tab as well.',
      severity: 'error',
      from: { path: '^src-renderer/', pathNot: TEST_CODE },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-test-code-in-the-product',
      comment: 'The stories show screens without a server, by what tests make up.',
      severity: 'error',
      from: { path: '^(src-main|src-renderer)/', pathNot: [TEST_CODE, '^src-renderer/features/design/stories/'] },
      to: { path: [TEST_CODE, '^scripts/', '^e2e/'] },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-missing-modules',
      comment: 'An import that leads nowhere would pass by every other rule.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: ['^electron$', '\\.css$', '^virtual:'] },
    },
    {
      name: 'only-declared-packages',
      severity: 'error',
      from: { path: OURS },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    exclude: { path: '(^|/)(out|\\.cache|test-results|playwright-report)/' },
    doNotFollow: { path: 'node_modules' },
    // Types are dependencies too: a folder that needs a type of another depends on it.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
    },
  },
};

/**
 * How the desktop app is packed, in the words of electron-builder; by `npm run package`, on the system that the package
 * is for. e2e/electron/package.test.ts packs as it says and runs what comes out.
 */
export const packageConfig = {
  appId: 'app.slipway.desktop',
  productName: 'Slipway',
  copyright: 'Copyright The Slipway authors',
  directories: { output: '.cache/packages', buildResources: 'resources/icons' },
  artifactName: 'slipway-${version}-${os}-${arch}.${ext}',

  // All libraries but ONNX Runtime are bundled into `out`. At run time its package needs one other; the rest of what it
  // depends on is for its install script, which never runs.
  files: [
    '!**/*',
    'package.json',
    'LICENSE',
    'out/main/**',
    'out/preload/**',
    'out/renderer/**',
    '!out/**/*.map',
    'resources/icons/**',
    'resources/models/**',
    'resources/protos/**',
    'node_modules/onnxruntime-node/package.json',
    'node_modules/onnxruntime-node/dist/**/*.js',
    // Its package holds the libraries of all systems; `${arch}` is electron-builder's.
    `node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/\${arch}/**`,
    // Of two equal ones on a Mac, the binding asks for the one with the short name.
    '!node_modules/onnxruntime-node/bin/napi-v6/darwin/*/libonnxruntime.1.*.dylib',
    'node_modules/onnxruntime-common/package.json',
    'node_modules/onnxruntime-common/dist/cjs/**/*.{js,json}',
  ],

  // What native code opens must be real files: the binding with all libraries beside it, and the models.
  asar: true,
  asarUnpack: ['node_modules/onnxruntime-node/bin/**', 'resources/models/**'],
  // A binary with a stable interface (N-API): there is nothing to build anew for Electron.
  npmRebuild: false,

  electronFuses: {
    runAsNode: false,
    enableNodeOptionsEnvironmentVariable: false,
    // Playwright attaches by this; only builds that are tested have it.
    enableNodeCliInspectArguments: process.env['SLIPWAY_TEST_BUILD'] === '1',
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    grantFileProtocolExtraPrivileges: false,
    // There is no cookie to protect that outlives the app, and it would touch the keychain at each start.
    enableCookieEncryption: false,
    // A Mac runs no program whose signature does not fit any more; a real signature comes after this one.
    resetAdHocDarwinSignature: true,
  },

  protocols: [{ name: 'Slipway link', schemes: ['slipway'] }],
  // Such files are opened when the user asks for it; another program may well be the better default.
  fileAssociations: [
    { ext: 'onnx', name: 'ONNX model', mimeType: 'application/x-onnx', role: 'Viewer', rank: 'Alternate' },
  ],

  linux: {
    target: ['AppImage', 'deb'],
    category: 'Development',
    executableName: 'slipway',
    maintainer: 'The Slipway authors',
    synopsis: "Serve machine-learning models on your own computer, with TensorFlow Serving's APIs",
  },
  mac: {
    // There is no ONNX Runtime for Intel Macs.
    target: [{ target: 'dmg', arch: 'arm64' }],
    category: 'public.app-category.developer-tools',
    hardenedRuntime: true,
  },
  win: { target: ['nsis'] },
  nsis: { oneClick: false, perMachine: false, allowToChangeInstallationDirectory: true },
};

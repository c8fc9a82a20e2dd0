/**
 * `npm run dev -- FLAGS`: the headless server, started again whenever its code changes, and the page from Vite with hot
 * reloading. Open the printed one-time link first (it signs the browser in), then Vite's address.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { resolveConfig } from 'electron-vite';
import { build, createServer, type InlineConfig, type ProxyOptions } from 'vite';
import { forgetBuild, HEADLESS } from './lib/build.mjs';
import { giveUp, inProject, ROOT, say } from './lib/project.mjs';

const UI_PORT = '8510';
const VITE_PORT = 5173;

const flags = process.argv.slice(2);
const uiPort = flags.find((flag) => flag.startsWith('--ui_port='))?.slice('--ui_port='.length) ?? UI_PORT;

const configFile = inProject('electron.vite.config.ts');
const building = await sectionsFor('build');
const serving = await sectionsFor('serve');

forgetBuild();
await watchServer(building.main);
await servePage(serving.renderer);

async function sectionsFor(command: 'build' | 'serve'): Promise<{ main: InlineConfig; renderer: InlineConfig }> {
  const { config } = await resolveConfig({ root: ROOT, configFile, logLevel: 'warn' }, command, 'development');
  const { main, renderer } = config ?? {};
  if (!main || !renderer) return giveUp('electron.vite.config.ts has no section main or renderer.');
  return { main, renderer };
}

/** Builds the server code, again after each change, and runs what was built last. */
async function watchServer(config: InlineConfig): Promise<void> {
  const watcher = await build({ ...config, build: { ...config.build, watch: {} } });
  if (!('on' in watcher)) return giveUp('Vite built once instead of watching.');
  let server: ChildProcess | undefined;
  let ended = Promise.resolve();
  watcher.on('event', (event) => {
    if (event.code === 'ERROR') say(`The build failed: ${event.error.message}`);
    if (event.code !== 'END') return;
    server?.kill('SIGTERM');
    ended = ended.then(() => {
      const started = spawn(process.execPath, ['--enable-source-maps', HEADLESS, ...flags], { stdio: 'inherit' });
      server = started;
      return new Promise((resolve) => started.once('close', () => resolve()));
    });
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      server?.kill(signal);
      void ended.then(() => process.exit(0));
    });
  }
}

/** Serves the page with hot reloading; what it asks of the UI server goes there under that server's own origin. */
async function servePage(config: InlineConfig): Promise<void> {
  const target = `http://127.0.0.1:${uiPort}`;
  const proxy: ProxyOptions = { target, ws: true, changeOrigin: true, headers: { origin: target } };
  const page = await createServer({
    ...config,
    server: { ...config.server, host: '127.0.0.1', port: VITE_PORT, strictPort: true, proxy: { '/ui': proxy } },
  });
  await page.listen();
  say(`Page with hot reloading: http://127.0.0.1:${VITE_PORT} (open the one-time link first, once)`);
}

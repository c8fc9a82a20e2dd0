import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The system's own programs answer within this time, or not at all. */
const COMMAND_MS = 3000;

/** The program that listens at a port. */
export interface PortHolder {
  readonly pid: number;
  /** No path and no argument, which may be secret: see {@link programName}. */
  readonly name: string;
  /** Whether it is a Slipway, as far as its command line tells. */
  readonly isSlipway: boolean;
}

/**
 * Finds the program that listens on a TCP port. Programs of other users may not be found. Never rejects.
 * @returns undefined where that cannot be found out.
 */
export async function findPortHolder(port: number): Promise<PortHolder | undefined> {
  const find = FINDERS.get(process.platform);
  return find?.(port).catch(() => undefined);
}

const FINDERS: ReadonlyMap<NodeJS.Platform, (port: number) => Promise<PortHolder | undefined>> = new Map([
  ['linux', findOnLinux],
  ['darwin', findOnMac],
  ['win32', findOnWindows],
]);

/** From the process file system. */
async function findOnLinux(port: number): Promise<PortHolder | undefined> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  const sockets = new Set(tables.flatMap((table) => listeningInodes(table, port)).map((inode) => `socket:[${inode}]`));
  if (sockets.size === 0) return undefined;
  for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/u.test(entry))) {
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []); // other users' processes are not readable
    const targets = await Promise.all(
      descriptors.map((descriptor) => readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '')),
    );
    if (!targets.some((target) => sockets.has(target))) continue;
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return holder(Number(pid), commandLine.split('\0'));
  }
  return undefined;
}

async function findOnMac(port: number): Promise<PortHolder | undefined> {
  const listed = await command('/usr/sbin/lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fp']);
  const pid = /^p(\d+)$/mu.exec(listed)?.[1];
  if (pid === undefined) return undefined;
  // The words of a command line cannot be told apart here where one has a space in it; the program's own name can.
  const [program, words] = await Promise.all([
    command('/bin/ps', ['-p', pid, '-o', 'comm=']),
    command('/bin/ps', ['-p', pid, '-ww', '-o', 'args=']),
  ]);
  const path = program.trim();
  const rest = words.trim().slice(path.length).trim();
  return holder(Number(pid), [path, ...(rest === '' ? [] : rest.split(/\s+/u))]);
}

async function findOnWindows(port: number): Promise<PortHolder | undefined> {
  const system = join(process.env['SystemRoot'] ?? String.raw`C:\Windows`, 'System32');
  const pid = listenerInNetstat(await command(join(system, 'netstat.exe'), ['-ano', '-p', 'TCP']), port);
  if (pid === undefined) return undefined;
  const task = await command(join(system, 'tasklist.exe'), ['/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH']);
  return holder(pid, [/^"([^"]+)"/mu.exec(task)?.[1] ?? '']);
}

/** By its full path and without a shell, so that nothing else of the name can be run. */
async function command(path: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run(path, args, { timeout: COMMAND_MS, windowsHide: true, maxBuffer: 16 * 1024 ** 2 });
  return stdout;
}

/** @param words of the command line, the program first. */
function holder(pid: number, words: readonly string[]): PortHolder {
  return { pid, name: programName(words), isSlipway: pid === process.pid || isSlipway(words) };
}

/**
 * The program that a command line starts, for an interpreter with its script: `node server.js`. No path and no other
 * argument, which may be secret.
 */
export function programName([program = '', script = '']: readonly string[]): string {
  const name = lastPart(program);
  const interprets = /^(?:node|bun|deno|java|perl|php|python|ruby)[\d.]*$/u.test(name);
  return interprets && script !== '' && !script.startsWith('-') ? `${name} ${lastPart(script)}` : name;
}

/** Paths of other systems come out of their programs. */
function lastPart(path: string): string {
  return basename(path.replaceAll('\\', '/'));
}

/** Whether it is the installed app, or one of the scripts of a checkout. */
export function isSlipway([program = '', ...args]: readonly string[]): boolean {
  if (/^slipway(?:\.exe|\.bin)?$/iu.test(lastPart(program))) return true;
  return args.some((arg) =>
    /(?:^|[/\\])(?:out[/\\]main[/\\](?:headless|electron)\.js|scripts[/\\]slipway\.mjs)$/u.test(arg),
  );
}

/** Socket inodes that listen on the port, from the text of /proc/net/tcp (proc_net_tcp in the kernel's documentation). */
export function listeningInodes(table: string, port: number): readonly string[] {
  const portHex = port.toString(16).toUpperCase().padStart(4, '0');
  const LISTEN = '0A';
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/u))
    .filter((fields) => fields[1]?.endsWith(`:${portHex}`) === true && fields[3] === LISTEN)
    .flatMap((fields) => fields[9] ?? []);
}

/**
 * The process that listens on the port, from the text of `netstat -ano`. Its words are translated, so a listener is known by
 * having no peer: `0.0.0.0:0`.
 */
export function listenerInNetstat(text: string, port: number): number | undefined {
  for (const line of text.split(/\r?\n/u)) {
    const [, local, , pid] = /^\s*TCP\s+(\S+)\s+((?:0\.0\.0\.0|\[::\]):0)\s+\S.*?(\d+)\s*$/u.exec(line) ?? [];
    if (local?.endsWith(`:${port}`) === true) return Number(pid);
  }
  return undefined;
}

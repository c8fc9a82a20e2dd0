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
 * Finds the program that keeps others from listening at an address and TCP port: it listens there, or at all addresses.
 * Programs of other users may not be found. Never rejects.
 * @param address as the system writes it, not a name; `0.0.0.0` or `::` for all addresses.
 * @returns undefined where that cannot be found out.
 */
export async function findPortHolder(address: string, port: number): Promise<PortHolder | undefined> {
  const find = FINDERS.get(process.platform);
  return find?.(address, port).catch(() => undefined);
}

type Find = (address: string, port: number) => Promise<PortHolder | undefined>;
const FINDERS: ReadonlyMap<NodeJS.Platform, Find> = new Map([
  ['linux', findOnLinux],
  ['darwin', findOnMac],
  ['win32', findOnWindows],
]);

/** From the process file system. */
async function findOnLinux(address: string, port: number): Promise<PortHolder | undefined> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  const sockets = new Set(
    tables.flatMap((table) => listeningInodes(table, address, port)).map((inode) => `socket:[${inode}]`),
  );
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

async function findOnMac(address: string, port: number): Promise<PortHolder | undefined> {
  const listed = await command('/usr/sbin/lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpn']);
  const found = listenerInLsof(listed, address, port);
  if (found === undefined) return undefined;
  const pid = String(found);
  // The words of a command line cannot be told apart here where one has a space in it; the program's own name can.
  const [program, words] = await Promise.all([
    command('/bin/ps', ['-p', pid, '-o', 'comm=']),
    command('/bin/ps', ['-p', pid, '-ww', '-o', 'args=']),
  ]);
  const path = program.trim();
  const rest = words.trim().slice(path.length).trim();
  return holder(found, [path, ...(rest === '' ? [] : rest.split(/\s+/u))]);
}

async function findOnWindows(address: string, port: number): Promise<PortHolder | undefined> {
  const system = join(process.env['SystemRoot'] ?? String.raw`C:\Windows`, 'System32');
  const pid = listenerInNetstat(await netstat(join(system, 'netstat.exe')), address, port);
  if (pid === undefined) return undefined;
  const task = await command(join(system, 'tasklist.exe'), ['/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH']);
  return holder(pid, [/^"([^"]+)"/mu.exec(task)?.[1] ?? '']);
}

/** It lists one family at a time. */
async function netstat(path: string): Promise<string> {
  const families = ['TCP', 'TCPv6'].map((family) => command(path, ['-ano', '-p', family]).catch(() => ''));
  return (await Promise.all(families)).join('\n');
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

/**
 * Socket inodes that are in the way of an address and port, from the text of /proc/net/tcp or tcp6 (proc_net_tcp in the
 * kernel's documentation). Of several, those at the very address come first.
 */
export function listeningInodes(table: string, address: string, port: number): readonly string[] {
  const LISTEN = '0A';
  const listeners = table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/u))
    .filter((fields) => fields[3] === LISTEN)
    .flatMap(([, local = '', , , , , , , , inode]) => {
      const [addressHex = '', portHex = ''] = local.split(':');
      if (inode === undefined || Number.parseInt(portHex, 16) !== port) return [];
      return [{ address: addressOfHex(addressHex), inode }];
    });
  return inTheWay(listeners, address).map(({ inode }) => inode);
}

/** The process in the way, from the output of `lsof -Fpn`: a line `pPID`, then `nADDRESS:PORT` for each of its sockets. */
export function listenerInLsof(text: string, address: string, port: number): number | undefined {
  const listeners: { readonly address: string; readonly pid: number }[] = [];
  let pid = 0;
  for (const line of text.split('\n')) {
    if (line.startsWith('p')) pid = Number(line.slice(1));
    const [, name] = /^n(\S+):\d+$/u.exec(line) ?? [];
    if (name !== undefined && line.endsWith(`:${port}`)) listeners.push({ address: name === '*' ? '::' : name, pid });
  }
  return inTheWay(listeners, address)[0]?.pid;
}

/**
 * The process in the way, from the text of `netstat -ano`. Its words are translated, so a listener is known by having no
 * peer: `0.0.0.0:0`.
 */
export function listenerInNetstat(text: string, address: string, port: number): number | undefined {
  const listeners = text.split(/\r?\n/u).flatMap((line) => {
    const [, local = '', , pid] = /^\s*TCP\s+(\S+)\s+((?:0\.0\.0\.0|\[::\]):0)\s+\S.*?(\d+)\s*$/u.exec(line) ?? [];
    if (!local.endsWith(`:${port}`)) return [];
    return [{ address: local.slice(0, local.lastIndexOf(':')), pid: Number(pid) }];
  });
  return inTheWay(listeners, address)[0]?.pid;
}

/** Those that keep an address from being listened at, and who is at the very address first. */
function inTheWay<T extends { readonly address: string }>(listeners: readonly T[], address: string): readonly T[] {
  const wanted = plain(address);
  const exact = listeners.filter((each) => plain(each.address) === wanted);
  const others = listeners.filter((each) => !exact.includes(each));
  return [...exact, ...others.filter((each) => isWildcard(wanted) || isWildcard(plain(each.address)))];
}

function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

/** One spelling of an address: without brackets and zone, IPv6 in short, IPv4 never within IPv6. */
function plain(address: string): string {
  const bare = address.replace(/^\[|\]$/gu, '').replace(/%.*$/u, '');
  const literal = `http://[${bare}]`;
  const short = bare.includes(':') && URL.canParse(literal) ? new URL(literal).hostname.slice(1, -1) : bare;
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/u.exec(short) ?? [];
  if (high === undefined || low === undefined) return short;
  return [high, low].flatMap((group) => bytesOf(group.padStart(4, '0'))).join('.');
}

/** As the kernel prints it: 32 bits at a time, in the order of the processor, which is a little-endian one here. */
function addressOfHex(hex: string): string {
  const bytes = (hex.match(/.{8}/gu) ?? []).flatMap((word) => bytesOf(word).toReversed());
  if (bytes.length === 4) return bytes.join('.');
  return (Buffer.from(bytes).toString('hex').match(/.{4}/gu) ?? []).join(':');
}

function bytesOf(hex: string): readonly number[] {
  return (hex.match(/../gu) ?? []).map((byte) => Number.parseInt(byte, 16));
}

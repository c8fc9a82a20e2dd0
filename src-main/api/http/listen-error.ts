import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { ServingError } from '../../contracts/serving-error.ts';

/** Where a listener was to open, and the flag with which its user chooses another port. */
export interface ListenPlace {
  readonly host: string;
  readonly port: number;
  /** Without dashes: `rest_api_port`. */
  readonly portFlag: string;
}

/**
 * Turns the error of a `listen` call into one that says who is to blame and what to do.
 * @returns ServingError ALREADY_EXISTS for a taken port, PERMISSION_DENIED where the system reserves it,
 *   INVALID_ARGUMENT for an address that is not this computer's, else UNAVAILABLE.
 */
export async function describeListenError(thrown: unknown, place: ListenPlace): Promise<ServingError> {
  const { host, port, portFlag } = place;
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  switch (code) {
    case 'EADDRINUSE': {
      const holder = await findPortHolder(port).catch(() => undefined);
      const blame = holder === undefined ? 'another program' : holder;
      return new ServingError(
        'ALREADY_EXISTS',
        `port ${port} on ${host} is already in use by ${blame}: stop it, or choose another port with --${portFlag}`,
        { cause: thrown },
      );
    }
    case 'EACCES':
      return new ServingError(
        'PERMISSION_DENIED',
        `port ${port} on ${host} is reserved by the operating system: choose a port above 1023 with --${portFlag}`,
        { cause: thrown },
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ServingError(
        'INVALID_ARGUMENT',
        `${host} is no address of this computer: choose another with --host`,
        {
          cause: thrown,
        },
      );
    default:
      return new ServingError(
        'UNAVAILABLE',
        `cannot listen on port ${port} of ${host} (${typeof code === 'string' ? code : 'unknown error'})`,
        { cause: thrown },
      );
  }
}

/**
 * Finds the program that listens on a TCP port, from Linux's process file system.
 * @returns `"python3" (pid 123)`, or undefined where that cannot be found out.
 */
async function findPortHolder(port: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
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
    if (Number(pid) === process.pid) return 'this very program';
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return `${JSON.stringify(programName(commandLine))} (pid ${pid})`;
  }
  return undefined;
}

/**
 * The program that a command line (arguments ended by NUL) starts, for an interpreter with its script: `node server.js`.
 * No path and no other argument, which may be secret.
 */
export function programName(commandLine: string): string {
  const [program = '', script = ''] = commandLine.split('\0');
  const name = basename(program);
  const interprets = /^(?:node|bun|deno|java|perl|php|python|ruby)[\d.]*$/u.test(name);
  return interprets && script !== '' && !script.startsWith('-') ? `${name} ${basename(script)}` : name;
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

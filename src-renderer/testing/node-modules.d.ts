/**
 * The little of Node that the tests of this folder use, to run what they test. Node's own types would put its globals
 * into the page's code as well.
 */
declare module 'node:child_process' {
  export function spawnSync(
    program: string,
    args: readonly string[],
    options?: { readonly encoding: 'utf8'; readonly env: Readonly<Record<string, string | undefined>> },
  ): { readonly stdout: string; readonly stderr: string; readonly status: number | null };
}

declare module 'node:process' {
  export const execPath: string;
  export const env: Readonly<Record<string, string | undefined>>;
}

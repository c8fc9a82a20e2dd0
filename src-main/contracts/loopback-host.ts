/**
 * Whether a host is this computer by its very name: as a URL has it, or as an address to listen at. Of other names, only the
 * system knows.
 */
export function isLoopbackHost(host: string): boolean {
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '::1' ||
    host === '[::1]' ||
    /^127(?:\.\d{1,3}){3}$/u.test(host)
  );
}

/** Model. */
export function ModelScreen() {
  return <h1 className="px-5 pt-4 text-lg font-semibold tracking-tight">Model</h1>;
}

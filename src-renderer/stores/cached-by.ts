/** The function, with its answers kept for as long as what they are about: for values that are replaced when they change. */
export function cachedBy<Of extends object, T>(compute: (of: Of) => T): (of: Of) => T {
  const known = new WeakMap<Of, { readonly value: T }>();
  return (of) => {
    const kept = known.get(of);
    if (kept) return kept.value;
    const value = compute(of);
    known.set(of, { value });
    return value;
  };
}

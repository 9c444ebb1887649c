/** Headers that belong to one connection and are never passed on (RFC 9110 §7.6.1). */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Tells which headers are for this hop only.
 *
 * @param connection the `Connection` header, which may name further ones
 */
export function hopByHop(connection: string | null | undefined): (name: string) => boolean {
  const isKnown = (name: string) => HOP_BY_HOP.has(name.toLowerCase());
  if (!connection) return isKnown;
  const named = new Set(connection.split(",").map((word) => word.trim().toLowerCase()));
  return (name) => isKnown(name) || named.has(name.toLowerCase());
}

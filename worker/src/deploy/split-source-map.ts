/** What esbuild puts at the end of an output whose map is inline. */
const MARK = "//# sourceMappingURL=data:application/json;base64,";

/**
 * Takes the source map off a bundle: it is several times larger than the code, and is read only when an error is
 * looked at.
 */
export function splitSourceMap(output: Buffer): { code: Buffer; map: Buffer } {
  const at = output.lastIndexOf(MARK);
  if (at === -1) throw new Error("The bundler gave no source map.");
  const encoded = output.toString("latin1", at + MARK.length).trimEnd();
  return { code: output.subarray(0, at), map: Buffer.from(encoded, "base64") };
}

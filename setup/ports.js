// @ts-check
import { createServer } from "node:net";

/**
 * Finds out by listening whether an address is free.
 *
 * @param {string} host @param {number} port
 * @returns {Promise<string | null>} the errno's name where it cannot be had, such as EADDRINUSE
 */
export function tryPort(host, port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) =>
      resolve(/** @type {NodeJS.ErrnoException} */ (error).code ?? error.message),
    );
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

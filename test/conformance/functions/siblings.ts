import crypto from "node:crypto";
import fs from "node:fs";
import tls from "node:tls";
import { promisify } from "node:util";
import vm from "node:vm";
import { Worker } from "node:worker_threads";

const hex = (bytes: ArrayBuffer | Uint8Array) => Buffer.from(bytes as Uint8Array).toString("hex");

/** What no two processes may ever draw alike, by its source. */
export const DRAWS: Readonly<Record<string, () => unknown>> = {
  "Math.random": () => Math.random(),
  "the second Math.random": () => Math.random(),
  "Math.random of another context": () => vm.runInNewContext("Math.random()"),
  "Math.random of a worker thread": () =>
    new Promise((resolve) =>
      new Worker("require('node:worker_threads').parentPort.postMessage(Math.random())", { eval: true }).on(
        "message",
        resolve,
      ),
    ),
  "crypto.randomUUID": () => crypto.randomUUID(),
  "crypto.randomUUID without its cache": () => crypto.randomUUID({ disableEntropyCache: true }),
  "crypto.randomBytes": () => hex(crypto.randomBytes(16)),
  "crypto.randomBytes on the thread pool": async () => hex(await promisify(crypto.randomBytes)(16)),
  "crypto.randomInt": () => crypto.randomInt(2 ** 47),
  "crypto.randomFill": () => hex(crypto.randomFillSync(Buffer.alloc(16))),
  "crypto.getRandomValues": () => hex(crypto.getRandomValues(new Uint8Array(16))),
  "crypto.generateKeySync": () => hex(crypto.generateKeySync("hmac", { length: 128 }).export()),
  "crypto.generateKeyPairSync": () =>
    hex(crypto.generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "der" })),
  "crypto.generateKeyPair on the thread pool": async () =>
    hex(
      (await promisify(crypto.generateKeyPair)("ec", { namedCurve: "P-256" })).privateKey.export({
        type: "pkcs8",
        format: "der",
      }),
    ),
  "crypto.generatePrime": () => hex(crypto.generatePrimeSync(128)),
  "an ECDH key": () => crypto.createECDH("prime256v1").generateKeys("hex"),
  "a signature with a random nonce": () => {
    const key = crypto.createPrivateKey({ key: FIXED_KEY, format: "jwk" });
    return hex(crypto.sign("sha256", Buffer.from("x"), key));
  },
  "WebCrypto's generateKey": async () => {
    const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt"]);
    return hex(await crypto.subtle.exportKey("raw", key));
  },
  "TLS session ticket keys": () => hex(tls.createServer().getTicketKeys()),
  "the name of a temporary folder": () => fs.mkdtempSync("/tmp/x-"),
  "the boundary of a multipart body": () => {
    const form = new FormData();
    form.set("a", "b");
    return new Response(form).headers.get("content-type");
  },
};

/** A private key of nobody's, so that the signatures differ by their nonces alone. */
const FIXED_KEY = {
  kty: "EC",
  crv: "P-256",
  x: "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",
  y: "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
  d: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE",
};

export default async () => {
  const drawn: Record<string, unknown> = {};
  for (const [source, draw] of Object.entries(DRAWS)) drawn[source] = await draw();
  return drawn;
};

import assert from "node:assert/strict";
import crypto from "node:crypto";
import { promisify } from "node:util";
import { answering, failureOf, type Questions } from "./answers.ts";

const TEXT = Buffer.from("the quick brown fox");
const { subtle } = crypto.webcrypto;

export const questions: Questions = {
  "hashes, in one call and in pieces": () => [
    ...["sha256", "sha512", "sha3-256", "blake2b512", "md5", "ripemd160"].map((name) =>
      crypto.createHash(name).update(TEXT).digest("hex"),
    ),
    crypto.hash("sha1", TEXT),
    crypto.createHash("shake256", { outputLength: 12 }).update(TEXT).copy().digest("hex"),
  ],
  "hmac, hkdf, pbkdf2 and scrypt, on the thread pool": async () => [
    crypto.createHmac("sha256", "key").update(TEXT).digest("hex"),
    Buffer.from(await promisify(crypto.hkdf)("sha256", "key", "salt", "info", 16)).toString("hex"),
    (await promisify(crypto.pbkdf2)("word", "salt", 1000, 16, "sha256")).toString("hex"),
    ((await promisify(crypto.scrypt)("word", "salt", 16)) as Buffer).toString("hex"),
  ],
  "eight at once on the thread pool": async () => {
    const keys = await Promise.all(
      Array.from({ length: 8 }, (_, i) => promisify(crypto.pbkdf2)("word", `${i}`, 5000, 8, "sha1")),
    );
    return keys.map((key) => key.toString("hex"));
  },
  "ciphers, authenticated and not": () => {
    const key = Buffer.alloc(32, 1);
    const cipher = crypto.createCipheriv("aes-256-gcm", key, Buffer.alloc(12, 2));
    const sealed = Buffer.concat([cipher.update(TEXT), cipher.final(), cipher.getAuthTag()]);
    const plain = crypto.createDecipheriv("chacha20-poly1305", key, Buffer.alloc(12), { authTagLength: 16 });
    return [sealed.toString("hex"), plain.update(TEXT).length];
  },
  "keys of every kind sign and verify": async () => {
    const kinds = [
      crypto.generateKeyPairSync("ed25519"),
      crypto.generateKeyPairSync("ec", { namedCurve: "P-256" }),
      await promisify(crypto.generateKeyPair)("rsa", { modulusLength: 1024 }),
    ];
    return kinds.map(({ privateKey, publicKey }) => {
      const digest = privateKey.asymmetricKeyType === "ed25519" ? null : "sha256";
      const signature = crypto.sign(digest, TEXT, privateKey);
      return [privateKey.asymmetricKeyType, crypto.verify(digest, TEXT, publicKey, signature)];
    });
  },
  "Diffie and Hellman agree, on a curve and without": () => {
    const agree = (alice: crypto.ECDH | crypto.DiffieHellmanGroup, bob: typeof alice) => {
      alice.generateKeys();
      bob.generateKeys();
      return alice.computeSecret(bob.getPublicKey()).equals(bob.computeSecret(alice.getPublicKey()));
    };
    return [
      agree(crypto.createECDH("prime256v1"), crypto.createECDH("prime256v1")),
      agree(crypto.getDiffieHellman("modp14"), crypto.getDiffieHellman("modp14")),
    ];
  },
  "WebCrypto digests, derives, seals and signs": async () => {
    const raw = await subtle.importKey("raw", TEXT, "PBKDF2", false, ["deriveBits"]);
    const bits = await subtle.deriveBits(
      { name: "PBKDF2", hash: "SHA-256", salt: TEXT, iterations: 100 },
      raw,
      128,
    );
    const key = await subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt", "decrypt"]);
    const iv = new Uint8Array(12);
    const sealed = await subtle.encrypt({ name: "AES-GCM", iv }, key, TEXT);
    const opened = Buffer.from(await subtle.decrypt({ name: "AES-GCM", iv }, key, sealed));
    const pair = await subtle.generateKey("Ed25519", true, ["sign", "verify"]);
    assert.ok("privateKey" in pair);
    const signature = await subtle.sign("Ed25519", pair.privateKey, TEXT);
    return [
      Buffer.from(await subtle.digest("SHA-256", TEXT)).toString("hex"),
      Buffer.from(bits).toString("hex"),
      opened.equals(TEXT),
      await subtle.verify("Ed25519", pair.publicKey, signature, TEXT),
    ];
  },
  "random bytes, blocking, filled and on the pool": async () => {
    const filled = new Uint32Array(4);
    crypto.randomFillSync(filled);
    return [
      crypto.randomBytes(16).length,
      (await promisify(crypto.randomBytes)(16)).length,
      filled.some((word) => word !== 0),
      crypto.randomInt(5) < 5,
      /^[0-9a-f-]{36}$/.test(crypto.randomUUID()),
      crypto.getRandomValues(new Uint8Array(8)).length,
    ];
  },
  "a prime is found and checked": async () => {
    const prime = await promisify(crypto.generatePrime)(64);
    return await promisify(crypto.checkPrime)(prime as ArrayBuffer);
  },
  "the algorithms that OpenSSL knows": () => [
    crypto.getHashes(),
    crypto.getCiphers().length,
    crypto.getCurves().length,
    crypto.getFips(),
    crypto.secureHeapUsed(),
  ],
  "its defaults and its own certificates": async () => {
    const tls = await import("node:tls");
    return [
      tls.rootCertificates.length,
      tls.DEFAULT_MIN_VERSION,
      tls.DEFAULT_CIPHERS,
      tls.getCACertificates().length,
    ];
  },
  "equal in constant time, and what is refused": async () => [
    crypto.timingSafeEqual(TEXT, Buffer.from(TEXT)),
    await failureOf(() => crypto.timingSafeEqual(TEXT, Buffer.alloc(1))),
    await failureOf(() => crypto.createHash("no-such-hash")),
    await failureOf(() => crypto.setEngine("nothing")),
  ],
};

export default answering(questions);

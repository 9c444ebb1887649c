import { DEFAULT_CEILINGS, type FunctionVersion, type ManifestInput, parseManifest } from "@mayfly/contract";
import { expect, test } from "vitest";
import { nameOf, zygoteKindOf } from "./zygote-kind.ts";

const MIB = 1024 ** 2;

function version(manifest: Partial<ManifestInput>, tenant = "default"): FunctionVersion {
  const full = { name: "hello", runtime: "nodejs24", entry: "index.ts", ...manifest } as const;
  const parsed = parseManifest(full, DEFAULT_CEILINGS);
  return { name: "hello", version: "1", tenant, manifest: parsed, artifact: "a", createdAt: 0 };
}

test("functions of one tenant, runtime and memory are copies of one zygote, and others are not", () => {
  const name = (manifest: Partial<ManifestInput>, tenant?: string) => {
    const kind = zygoteKindOf(version(manifest, tenant));
    return typeof kind === "string" ? kind : nameOf(kind);
  };
  expect(zygoteKindOf(version({}))).toEqual({
    runtime: "nodejs24",
    memoryClass: 128 * MIB,
    tenant: "default",
  });
  expect(name({ env: { MODE: "fast" }, limits: { cpus: 2, timeoutMs: 5 } })).toBe(name({}));
  expect(name({ limits: { memory: "256m" } })).not.toBe(name({}));
  expect(name({}, "other")).not.toBe(name({}));
});

test("functions in Python are copies of one zygote, however much memory they have", () => {
  const python = { runtime: "python3", entry: "a.py" } as const;
  const kinds = ["16m", "1g"].map((memory) => zygoteKindOf(version({ ...python, limits: { memory } })));
  expect(kinds).toEqual(Array(2).fill({ runtime: "python3", memoryClass: null, tenant: "default" }));
});

test.each<[string, Partial<ManifestInput>, string]>([
  ["chooses exec", { isolation: "exec" }, "isolation"],
  ["is an executable", { runtime: "exec", entry: "run" }, "isolation"],
  ["wants another Node", { runtime: "nodejs22" }, "runtime"],
  ["sets what Node reads at its boot", { env: { NODE_DEBUG: "fs" } }, "environment"],
  ["sets what OpenSSL reads at its boot", { env: { SSL_CERT_FILE: "/function/ca.pem" } }, "environment"],
  ["wants another locale", { env: { LANG: "de_DE.UTF-8" } }, "environment"],
  ["has next to no memory", { limits: { memory: "16m" } }, "limits"],
])("a function that %s boots", (_title, manifest, why) => {
  expect(zygoteKindOf(version(manifest))).toBe(why);
});

test.each([
  { NODE_ENV: "production" },
  { LANG: "C.UTF-8" },
  { TZ: "Europe/Berlin" },
  { UV: "1", LANGUAGES: "de" },
])("a function whose environment is %j is forked all the same", (env) => {
  expect(zygoteKindOf(version({ env }))).toBeTypeOf("object");
});

import { MayflyError } from "@mayfly/contract";
import type { Scope } from "@mayfly/store";

/** Who is calling: a key's tenant and scopes, or, on an open loopback gateway, everybody. */
export interface Caller {
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  /** False where no key was needed. */
  readonly byKey: boolean;
}

export const DEFAULT_TENANT = "default";
const ALL_SCOPES: readonly Scope[] = ["admin", "deploy", "invoke", "read"];

/** The caller of a gateway on loopback on which no key exists. */
export const EVERYBODY: Caller = { tenant: DEFAULT_TENANT, scopes: ALL_SCOPES, byKey: false };
/** The bearer of `MAYFLY_ADMIN_KEY`. */
export const ADMINISTRATOR: Caller = { tenant: DEFAULT_TENANT, scopes: ALL_SCOPES, byKey: true };

/** `admin` stands for every other scope. */
export function isAdmin(caller: Caller): boolean {
  return caller.scopes.includes("admin");
}

/** The admin of the default tenant runs the installation: tenants are made, and all keys seen, by it alone. */
export function isOperator(caller: Caller): boolean {
  return isAdmin(caller) && caller.tenant === DEFAULT_TENANT;
}

/** @throws MayflyError `forbidden` where the caller has none of the scopes */
export function demandScope(caller: Caller, ...anyOf: [Scope, ...Scope[]]): void {
  if (isAdmin(caller) || anyOf.some((scope) => caller.scopes.includes(scope))) return;
  throw new MayflyError(
    "forbidden",
    `This key has the scopes ${caller.scopes.join(", ") || "(none)"}, and this needs ${anyOf.join(" or ")}. Use a key that has it; an admin makes one with POST /keys.`,
    { facts: { needs: anyOf, has: caller.scopes } },
  );
}

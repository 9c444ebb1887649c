import { readFileSync } from "node:fs";
import type { NativeAddon } from "./native.ts";
import type { SandboxSpec } from "./types.ts";

/** A seccomp profile in the shape of the OCI runtime specification (and Docker's `--security-opt seccomp=`). */
export interface FilterProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet: number;
  readonly syscalls: readonly FilterRule[];
}

export interface FilterRule {
  readonly names: readonly string[];
  readonly action: string;
  readonly errnoRet?: number;
  readonly args?: readonly FilterComparison[];
}

export interface FilterComparison {
  readonly index: number;
  readonly value: number;
  readonly valueTwo?: number;
  readonly op: string;
}

export const PROFILE_NAMES = ["nodejs", "python3", "exec"] as const satisfies SandboxSpec["seccomp"][];

/** What every runtime may call (base.json), and what one needs besides (its own file). */
export function readProfile(name: SandboxSpec["seccomp"]): FilterProfile {
  const base = readJson("base");
  return { ...base, syscalls: [...base.syscalls, ...readJson(name).syscalls] };
}

/** The programs for the kernel, one for each profile. */
export function compileFilters(native: NativeAddon) {
  return PROFILE_NAMES.map((name) => ({ name, program: native.compileFilter(complete(readProfile(name))) }));
}

function readJson(name: string): FilterProfile {
  const text = readFileSync(new URL(`profiles/${name}.json`, import.meta.url), "utf8");
  return JSON.parse(text) as FilterProfile;
}

/** The native side takes every member as given. */
function complete(profile: FilterProfile): FilterProfile {
  const syscalls = profile.syscalls.map((rule) => ({
    ...rule,
    errnoRet: rule.errnoRet ?? profile.defaultErrnoRet,
    args: (rule.args ?? []).map((comparison) => ({ ...comparison, valueTwo: comparison.valueTwo ?? 0 })),
  }));
  return { ...profile, syscalls };
}

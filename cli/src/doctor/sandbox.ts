import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { CgroupMode } from "@mayfly/contract";
import { type Check, fail } from "./check.ts";

const PROBE = fileURLToPath(new URL("./probe-sandbox.ts", import.meta.url));
const PROBE_WITHIN_MS = 30_000;

/** What `probe-sandbox.ts` prints. */
export interface SandboxDiagnosis {
  readonly checks: readonly Check[];
  readonly cgroupMode: CgroupMode | null;
}

/** Tries every wall of a sandbox in a process of its own: a native part that does not load would end this one. */
export async function checkSandbox(
  env: Readonly<Record<string, string | undefined>>,
): Promise<SandboxDiagnosis> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [PROBE], {
      env: { ...env },
      timeout: PROBE_WITHIN_MS,
    });
    return JSON.parse(stdout) as SandboxDiagnosis;
  } catch (error) {
    const { stderr = "", message } = error as Error & { stderr?: string };
    const reason = /^\w*Error: .*$/m.exec(stderr)?.[0] ?? message;
    return { checks: [fail("sandbox", reason, "npm run build")], cgroupMode: null };
  }
}

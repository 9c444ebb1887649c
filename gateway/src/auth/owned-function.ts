import { type FunctionVersion, MayflyError } from "@mayfly/contract";
import type { Store } from "@mayfly/store";
import { lookEvenly } from "../http/look-evenly.ts";
import type { Caller } from "./caller.ts";

/**
 * A function's latest version, if it is the caller's.
 *
 * @throws MayflyError `functionNotFound`, alike for what does not exist and for what belongs to another tenant
 */
export async function ownedFunction(store: Store, name: string, caller: Caller): Promise<FunctionVersion> {
  return await lookEvenly(
    async () => {
      const latest = await store.functions.latest(name);
      return latest?.tenant === caller.tenant ? latest : null;
    },
    () =>
      new MayflyError(
        "functionNotFound",
        `No function "${name}" is deployed. Deploy it with PUT /functions/${name}; GET /functions lists what there is.`,
        { facts: { function: name } },
      ),
  );
}

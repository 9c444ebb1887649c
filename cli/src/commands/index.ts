import type { Command } from "../command.ts";
import { cancel } from "./cancel.ts";
import { deleteFunction } from "./delete.ts";
import { deploy } from "./deploy.ts";
import { describe } from "./describe.ts";
import { doctor } from "./doctor.ts";
import { invoke } from "./invoke.ts";
import { keyCreate, keyDelete, keyList } from "./key.ts";
import { list } from "./list.ts";
import { logs } from "./logs.ts";
import { gateway, worker } from "./programs.ts";
import { secretDelete, secretList, secretSet } from "./secret.ts";
import { up } from "./up.ts";

/** Every command there is, in the order in which the help shows them. */
export const COMMANDS: readonly Command[] = [
  up,
  gateway,
  worker,
  doctor,
  deploy,
  invoke,
  logs,
  list,
  describe,
  deleteFunction,
  cancel,
  secretSet,
  secretList,
  secretDelete,
  keyCreate,
  keyList,
  keyDelete,
];

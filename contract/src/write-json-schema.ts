/** Writes `function.schema.json` anew: `npm run schema -w contract`. */
import { writeFileSync } from "node:fs";
import { manifestJsonSchema } from "./json-schema.ts";

const path = new URL("../function.schema.json", import.meta.url);
writeFileSync(path, `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`);

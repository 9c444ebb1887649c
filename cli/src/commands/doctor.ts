import { defineCommand } from "../command.ts";
import { runChecks } from "../doctor/checks.ts";
import { checksText, enforcementText } from "../doctor/texts.ts";
import { EXIT } from "../exit-codes.ts";
import { line } from "../terminal.ts";

export const doctor = defineCommand({
  name: "doctor",
  usage: "",
  summary: "can this machine run Mayfly? each check with the command that mends it",
  description:
    "Everything is found out by doing it: cgroups are made, namespaces entered, a filter loaded, Redis asked.\nThe status is 0 where nothing failed; warnings do not count.",
  arguments: { min: 0, max: 0 },
  options: {},
  examples: [
    ["doctor", "all checks, and what each limit is worth here"],
    ["doctor --json | jq '.checks[] | select(.verdict != \"PASS\")'", "what is not right"],
  ],
  async run({ json, terminal }) {
    const diagnosis = await runChecks(terminal.env, terminal.cwd);
    const hasFailed = diagnosis.checks.some(({ verdict }) => verdict === "FAIL");
    if (json) terminal.out(line(JSON.stringify({ ok: !hasFailed, ...diagnosis })));
    else terminal.out(`${checksText(diagnosis.checks)}\n${enforcementText(diagnosis.cgroupMode)}`);
    return hasFailed ? EXIT.functionFailed : EXIT.ok;
  },
});

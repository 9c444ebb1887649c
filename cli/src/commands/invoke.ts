import type { InvocationRecord, Outcome, OutcomeKind } from "@mayfly/contract";
import type { Client } from "../client.ts";
import { refusalOf } from "../client.ts";
import { type CommandInput, defineCommand } from "../command.ts";
import { readEvent } from "../event-data.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { exitOf, outcomeText } from "../outcome-exit.ts";
import { receiptTable } from "../receipt-table.ts";
import { answerValue, showAnswer } from "../show-result.ts";
import { line } from "../terminal.ts";
import { waitForEnd } from "../wait-for-end.ts";

const options = {
  data: {
    type: "string",
    short: "d",
    value: "JSON",
    help: "the event: JSON, @FILE, or - for stdin; default: null",
  },
  async: { type: "boolean", short: "a", help: "queue it, print its id and do not wait" },
  wait: { type: "boolean", short: "w", help: "with --async: wait until it has ended, retries included" },
  receipt: { type: "boolean", short: "r", help: "show what it cost, too" },
  output: { type: "string", short: "o", value: "FILE", help: "write the answer's body into a file" },
} as const;

type Input = CommandInput<typeof options>;

export const invoke = defineCommand({
  name: "invoke",
  usage: "NAME [--data JSON] [--async]",
  summary: "call a function",
  description:
    "The result goes to stdout, everything else to stderr. A call without --async runs at most once; with it, it is retried as the manifest says.",
  arguments: { min: 1, max: 1 },
  options,
  examples: [
    [`invoke hello --data '{"name":"you"}'`, "call it and print the result"],
    [
      "invoke thumbnail -d @functions/thumbnail/example.json --receipt",
      "the event from a file, and what it cost",
    ],
    ["invoke csv-stats --async -d @functions/csv-stats/example.json", "queue it and print the id"],
    ["invoke csv-stats --async --wait -d - < event.json", "queue it and wait for its end"],
  ],
  async run(input) {
    const event = await readEvent(input.values.data, input.terminal);
    return input.values.async || input.values.wait ? queue(input, event) : call(input, event);
  },
});

async function call(
  { args: [name = ""], values, json, terminal, client }: Input,
  event: unknown,
): Promise<ExitCode> {
  const answer = await client.request("POST", `/function/${encodeURIComponent(name)}`, {
    json: event,
    signal: terminal.stopping,
  });
  const kind = answer.headers.get("mayfly-outcome") as OutcomeKind | null;
  if (kind === null) throw await refusalOf(answer);
  const id = answer.headers.get("mayfly-invocation-id") ?? "";
  const got = {
    contentType: answer.headers.get("content-type") ?? "application/octet-stream",
    body: Buffer.from(await answer.arrayBuffer()),
  };
  const receipt = values.receipt ? (await ended(client, id)).receipt : null;
  if (json) {
    const facts = kind === "ok" ? answerValue(got) : { problem: JSON.parse(got.body.toString()) };
    terminal.out(
      line(
        JSON.stringify({
          id,
          outcome: kind,
          status: answer.status,
          ...facts,
          ...(receipt ? { receipt } : {}),
        }),
      ),
    );
  } else {
    if (kind === "ok") await showAnswer(got, values.output, terminal);
    else terminal.err(line(outcomeText(outcomeOf(kind, got.body))));
    if (terminal.errIsTerminal || kind !== "ok") terminal.err(line(`invocation ${id}`));
    if (receipt !== null) terminal.err(line(receiptTable(receipt)));
  }
  return exitOf(kind);
}

async function queue(
  { args: [name = ""], values, json, terminal, client }: Input,
  event: unknown,
): Promise<ExitCode> {
  const { id } = await client.json<{ id: string }>("POST", `/async-function/${encodeURIComponent(name)}`, {
    json: event,
  });
  if (!values.wait) {
    terminal.out(line(json ? JSON.stringify({ id }) : id));
    return EXIT.ok;
  }
  const record = await waitForEnd(client, id, terminal.stopping);
  if (json) terminal.out(line(JSON.stringify(record)));
  else {
    if (record.outcome?.kind === "ok")
      await showAnswer(
        { contentType: "application/json", body: Buffer.from(JSON.stringify(record.result ?? null)) },
        values.output,
        terminal,
      );
    else if (record.outcome !== null) terminal.err(line(outcomeText(record.outcome)));
    terminal.err(
      line(`invocation ${id}, ${record.attempts.length} attempt${record.attempts.length === 1 ? "" : "s"}`),
    );
    if (values.receipt && record.receipt !== null) terminal.err(line(receiptTable(record.receipt)));
  }
  return exitOf(record.outcome?.kind ?? "systemFailure");
}

/** The problem that a caller over HTTP gets, as the outcome that it tells of: a problem calls its sentence `detail`. */
function outcomeOf(kind: OutcomeKind, body: Buffer): Outcome {
  const { detail, ...facts } = JSON.parse(body.toString()) as Omit<Outcome, "kind"> & { detail?: string };
  return { ...facts, kind, ...(detail === undefined ? {} : { message: detail }) };
}

/** The answer comes before the tear-down; the receipt is whole a moment later. */
async function ended(client: Client, id: string): Promise<InvocationRecord> {
  return waitForEnd(client, id, AbortSignal.timeout(15_000));
}
